package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
)

// remoteReplay has the leat that runs the pipeline replay letters. It has the state and
// the sinks already: events keep their order with those of their key, sinks their rate,
// and no two processes append to one file.
type remoteReplay struct {
	*deadReplay
	client *adminClient
}

// runner returns what asks the leat that runs the pipeline, nil if none answers.
func (d *deadReplay) runner(ctx context.Context, p *pipeline.Pipeline) (*remoteReplay, error) {
	client := clientFor(d.admin, p.Admin())
	if client == nil {
		return nil, nil
	}
	var sinks []struct {
		Sink string `json:"sink"`
	}
	err := client.get(ctx, "/api/v1/dead", &sinks)
	if errors.Is(err, errNobody) && d.admin == "" {
		return nil, nil
	}
	return &remoteReplay{d, client}, err
}

// mostMarks is how many letters are named in one request, which may be 1 MiB long.
const mostMarks = 20_000

// replay names letters by their marks, so that a leat which runs another pipeline at that
// address finds none of them.
func (r *remoteReplay) replay(ctx context.Context) error {
	ctx, interrupted, release := untilInterrupted(ctx, r.t)
	defer release()
	defer r.showProgress()()
	for marks := range slices.Chunk(slices.Sorted(maps.Keys(r.chosen)), mostMarks) {
		if err := r.some(ctx, marks); err != nil {
			return err
		}
		if interrupted() {
			break
		}
	}
	if !r.quiet {
		r.sumUp(interrupted())
	}
	return nil
}

// some replays a part of the letters, and waits for the end of it.
func (r *remoteReplay) some(ctx context.Context, marks []string) error {
	base := r.count()
	order := deadletters.Order{Filter: deadletters.Filter{Marks: marks}, FromStart: r.fromStart, Redacted: r.redacted}
	var p deadletters.Progress
	if err := r.client.post(ctx, "/api/v1/dead/"+url.PathEscape(r.sink)+"/replay", order, &p); err != nil {
		return err
	}
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for p.Ended == nil {
		var err error
		select {
		case <-tick.C:
			err = r.client.get(ctx, "/api/v1/replay", &p)
		case <-ctx.Done():
			err = r.client.post(context.WithoutCancel(ctx), "/api/v1/replay/stop", nil, &p)
		}
		if err != nil {
			return fmt.Errorf("%w\nThe replay goes on there if leat does; leat status says how it is", err)
		}
		r.note(base, p)
	}
	r.note(base, p)
	for _, l := range p.Reasons {
		fmt.Fprintf(r.t.err, "leat: letter %d is left: %s\n", l.Number, onOneLine(l.Why))
	}
	if p.Error != "" && ctx.Err() == nil {
		return errors.New(p.Error)
	}
	return nil
}

func (r *remoteReplay) count() map[pipeline.LetterStatus]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.became)
}

func (r *remoteReplay) note(base map[pipeline.LetterStatus]int, p deadletters.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.became[pipeline.LetterDelivered] = base[pipeline.LetterDelivered] + p.Delivered
	r.became[pipeline.LetterReplaced] = base[pipeline.LetterReplaced] + p.Replaced
}
