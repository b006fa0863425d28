package redisstream

import (
	"context"
	"errors"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// reader is the one goroutine that asks for entries, so that they reach the flow in their
// order: first what is pending with this consumer and it does not know of, then what
// others have left behind, then what is new.
type reader struct {
	s *subscription
	// doubts is how many times to look for entries of answers that got lost. Commands of a
	// broken connection may take effect later than those of the next one.
	doubts int
	next   time.Time // when to look for entries of dead consumers
	pace   pace
}

const readWhat = "reading entries"

func (r *reader) run() {
	defer r.s.senders.Done()
	wait := newWait()
	for r.s.awaitRoom() > 0 {
		err := r.round()
		if err == nil || r.s.reads.Err() != nil {
			wait.Reset()
			continue
		}
		r.doubts = 2
		r.s.failed(readWhat, err)
		if !pipeline.Sleep(r.s.reads, r.s.clock, wait.Next(), r.s.halted) {
			return
		}
	}
}

func (r *reader) round() error {
	err := r.look()
	if err == nil {
		err = r.read()
	}
	if noGroup(err) {
		err = r.recreate(err)
	}
	return err
}

func (r *reader) look() error {
	now := r.s.clock.Now()
	if now.Before(r.next) && r.doubts < 2 {
		return nil
	}
	if r.doubts > 0 {
		if err := r.findOwn(); err != nil {
			return err
		}
		r.doubts--
	}
	if err := r.claim(); err != nil {
		return err
	}
	r.next = now.Add(r.s.config.claimEvery())
	return nil
}

// read waits for what is new.
func (r *reader) read() error {
	room := r.s.awaitRoom()
	if room == 0 {
		return nil
	}
	block := r.s.config.Block
	asked := min(room, r.pace.count())
	list, err := r.bring(asked, block, func(ctx context.Context) ([]*received, error) {
		return r.s.api.read(ctx, asked, block)
	})
	if err != nil {
		return err
	}
	r.s.trouble.success(readWhat)
	r.s.take(list)
	return nil
}

// bring has a command bring entries, and learns from how that goes. It may wait for them
// for a while before the answer begins.
func (r *reader) bring(asked int, block time.Duration, command func(context.Context) ([]*received, error)) ([]*received, error) {
	ctx, cancel := context.WithTimeout(r.s.reads, block+r.pace.patience())
	defer cancel()
	began := r.s.clock.Now()
	list, err := command(ctx)
	switch {
	case err == nil:
		r.pace.came(list, asked, r.s.clock.Now().Sub(began)-block)
	case !noGroup(err) && r.s.reads.Err() == nil:
		// An entry that is on its way for longer than claim_after is somebody else's.
		r.pace.failed(err, r.s.config.ClaimAfter/2)
	}
	return list, err
}

// recreate makes a group that is gone. Nobody knows what it had acknowledged, so it
// begins at the beginning: what comes twice can be told apart, what does not come is lost.
func (r *reader) recreate(why error) error {
	ctx, cancel := context.WithTimeout(r.s.reads, callTimeout)
	defer cancel()
	if err := r.s.api.create(ctx, "0"); err != nil {
		return err
	}
	r.s.log.Error("the consumer group is gone, or its stream is: it is created again and begins with the first entry there is, so that entries come again that were settled", "error", why)
	return nil
}

// findOwn takes up what is pending with this consumer and is not in flight: of an earlier
// run of the same name, or of an answer that never arrived.
func (r *reader) findOwn() error {
	defer r.s.table.watch()()
	after := ""
	for room := r.s.awaitRoom(); room > 0; room = r.s.awaitRoom() {
		list, err := r.s.api.pending(r.s.reads, after, min(room, readCount))
		if err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].id
		if err := r.takeOwn(list); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) takeOwn(list []given) error {
	times := map[string]int{}
	var unknown []string
	for _, g := range list {
		if !r.s.table.has(g.id) {
			unknown = append(unknown, g.id)
			times[g.id] = g.times + 1
		}
	}
	for len(unknown) > 0 {
		n := min(len(unknown), r.pace.count())
		found, err := r.bring(n, 0, func(ctx context.Context) ([]*received, error) {
			return r.s.api.again(ctx, unknown[:n])
		})
		if err != nil {
			return err
		}
		for _, e := range found {
			e.given = times[e.id]
		}
		r.s.take(found)
		unknown = unknown[n:]
	}
	return nil
}

// claim takes over what dead consumers have left, and forgets those that left nothing.
func (r *reader) claim() error {
	defer r.s.table.watch()()
	taken := 0
	for cursor := firstCursor; ; {
		room := r.s.awaitRoom()
		if room == 0 {
			return nil
		}
		var c claimed
		asked := min(room, r.pace.count(), claimCount)
		_, err := r.bring(asked, 0, func(ctx context.Context) (_ []*received, err error) {
			c, err = r.s.api.claim(ctx, cursor, r.s.config.ClaimAfter, asked)
			return c.entries, err
		})
		if err != nil {
			return err
		}
		taken += len(c.entries)
		r.s.counts.claimed.Add(len(c.entries))
		r.s.counts.deleted.Add(c.deleted)
		r.s.take(c.entries)
		if cursor = c.next; cursor == firstCursor {
			return r.sweep(taken)
		}
	}
}

const (
	// claimCount bounds what one command takes over; the server looks at ten times as many.
	claimCount = 100
	// sweepAfter is how long nobody must have heard of a consumer, for it to be removed.
	sweepAfter = time.Hour
)

func (r *reader) sweep(taken int) error {
	if taken == 0 && !r.next.IsZero() {
		return nil
	}
	err := r.s.api.sweep(r.s.reads, sweepAfter)
	if noGroup(err) || errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		r.s.log.Debug("consumers that are gone cannot be removed", "error", err)
	}
	return nil
}
