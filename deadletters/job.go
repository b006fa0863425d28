package deadletters

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Flows takes the events of letters: a [pipeline.Pipeline] that runs.
type Flows interface {
	Replay(ctx context.Context, l *pipeline.Letter, r pipeline.Replay) (pipeline.LetterStatus, error)
}

// Order is what is to be replayed, and how.
type Order struct {
	Filter
	// FromStart has events enter their flow at its first stage, with the payload that
	// their source gave.
	FromStart bool `json:"from_start,omitempty"`
	// Redacted is for letters in which secrets were hidden too.
	Redacted bool `json:"redacted,omitempty"`
}

// Progress is how far a replay is. Delivered, Replaced and Left make Total once it is
// over.
type Progress struct {
	Sink      string     `json:"sink" about:"the sink whose letters are replayed"`
	Total     int        `json:"total" about:"letters that were chosen"`
	Delivered int        `json:"delivered" about:"their events are settled"`
	Replaced  int        `json:"replaced" about:"failed again: new letters take their place"`
	Left      int        `json:"left" about:"not settled: they wait as before"`
	Reasons   []LetterNo `json:"reasons,omitempty" about:"why letters were left, the first ones"`
	Broken    int        `json:"broken" about:"what stands among the letters and is none"`
	Missing   []string   `json:"missing,omitempty" about:"letters that were asked for and do not wait"`
	Began     time.Time  `json:"began"`
	Ended     *time.Time `json:"ended,omitempty" about:"absent while it is at work"`
	Error     string     `json:"error,omitempty" about:"what kept it from going on"`
}

// LetterNo says why a letter was left.
type LetterNo struct {
	Number int    `json:"number"`
	ID     string `json:"id"`
	Why    string `json:"why"`
}

// mostReasons bounds how many letters are named with why they were left.
const mostReasons = 20

// atOnce is how many events of letters are under way together; what the flow lets in
// bounds them too.
const atOnce = 64

// Job is a replay into a pipeline that runs.
type Job struct {
	flows  Flows
	box    pipeline.LetterBox
	marks  pipeline.LetterMarks
	order  Order
	choice *Choice
	cancel context.CancelFunc
	done   chan struct{}

	mu       sync.Mutex
	progress Progress
}

// Start begins a replay of letters of a sink, which goes on until ctx ends or [Job.Stop].
// The error says that the order cannot be read, or that another replay is at work, also
// one of another process.
func Start(ctx context.Context, flows Flows, sink string, box pipeline.LetterBox, o Order) (*Job, error) {
	choice, err := o.Choose(time.Now())
	if err != nil {
		return nil, err
	}
	marks, err := box.Begin()
	if err != nil {
		return nil, err
	}
	j := &Job{flows: flows, box: box, marks: marks, order: o, choice: choice, done: make(chan struct{})}
	j.progress = Progress{Sink: sink, Began: time.Now().UTC()}
	ctx, j.cancel = context.WithCancel(ctx)
	go j.run(ctx)
	return j, nil
}

// Stop ends the replay. Events under way come back to their letters; returns when they
// have.
func (j *Job) Stop() {
	j.cancel()
	<-j.done
}

// Done closes at the end.
func (j *Job) Done() <-chan struct{} { return j.done }

// Progress returns how far it is.
func (j *Job) Progress() Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	p := j.progress
	p.Reasons = append([]LetterNo(nil), p.Reasons...)
	return p
}

func (j *Job) run(ctx context.Context) {
	defer close(j.done)
	defer j.cancel()
	chosen, err := j.choose(ctx)
	if err == nil {
		err = j.replay(ctx, chosen)
	}
	err = errors.Join(err, j.marks.Close())
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now().UTC()
	j.progress.Ended = &now
	j.progress.Left = j.progress.Total - j.progress.Delivered - j.progress.Replaced
	if err != nil {
		j.progress.Error = err.Error()
	}
}

// choose fixes which letters it is about: what is written from now on is not among them.
func (j *Job) choose(ctx context.Context) (map[string]bool, error) {
	chosen := map[string]bool{}
	broken, err := j.choice.Read(ctx, j.box, func(l *pipeline.Letter) { chosen[l.Mark] = true })
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress.Total, j.progress.Broken, j.progress.Missing = len(chosen), len(broken), j.choice.Missing()
	return chosen, err
}

func (j *Job) replay(ctx context.Context, chosen map[string]bool) error {
	room := make(chan struct{}, atOnce)
	var underWay sync.WaitGroup
	defer underWay.Wait()
	for l, err := range j.box.Read(ctx) {
		switch {
		case l == nil:
			return err
		case err != nil || !chosen[l.Mark]:
			continue
		}
		delete(chosen, l.Mark) // it may stand there twice
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		underWay.Go(func() {
			defer func() { <-room }()
			j.one(ctx, l)
		})
	}
	return nil
}

func (j *Job) one(ctx context.Context, l *pipeline.Letter) {
	became, err := j.flows.Replay(ctx, l, pipeline.Replay{FromStart: j.order.FromStart, Redacted: j.order.Redacted})
	if err == nil {
		if err = j.marks.Mark(l, became); err != nil {
			err = fmt.Errorf("it is %s, but that cannot be recorded, so that it would be replayed again: %w", became, err)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case err != nil:
		j.progress.Left++
		if len(j.progress.Reasons) < mostReasons && ctx.Err() == nil {
			j.progress.Reasons = append(j.progress.Reasons, LetterNo{l.Number, l.ID, err.Error()})
		}
	case became == pipeline.LetterReplaced:
		j.progress.Replaced++
	default:
		j.progress.Delivered++
	}
}
