package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/leat-io/leat/internal/samplefeed"
	"github.com/leat-io/leat/pipeline"
)

// rehearse runs a pipeline while a double sends it a feed, until all of that has passed
// through.
func rehearse(ctx context.Context, p *pipeline.Pipeline, feed samplefeed.Feed, d double, interval time.Duration, t terminal) error {
	ctx, interrupted, release := untilInterrupted(ctx, t)
	defer release()
	running, stop := context.WithCancel(ctx)
	defer stop()
	begun, sent := time.Now(), sending{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer stop()
		if sent.all(running, feed, d, interval) {
			untilPassed(running, p, d)
		}
	}()
	err := p.Run(running)
	stop()
	<-done
	sent.print(feed, t)
	stats := p.Stats()
	stats.Spools = nil // what is left in them goes with them
	summary{stats: stats, took: time.Since(begun)}.print(t.err)
	switch {
	case err != nil:
		return err
	case sent.err != nil:
		return sent.err
	case interrupted():
		fmt.Fprintln(t.err, "interrupted before all was delivered")
	case stats.Sum(pipeline.CountLate) == 0:
		fmt.Fprintf(t.err, "%-13s %9s  nothing left after a later event of its key\n", "late", "0")
	}
	return nil
}

// sending is what was sent so far.
type sending struct {
	messages, events int
	err              error
}

// all sends a feed message by message, and reports whether it sent all of it.
func (s *sending) all(ctx context.Context, feed samplefeed.Feed, d double, interval time.Duration) bool {
	begun, sent := time.Now(), 0
	for _, m := range feed.Messages {
		if !pipeline.Sleep(ctx, pipeline.System, time.Until(begun.Add(time.Duration(sent)*interval)), nil) {
			return false
		}
		if s.err = d.send(m); s.err != nil {
			return false
		}
		s.messages++
		s.events += m.Events
		sent += m.Events
	}
	return true
}

func (s *sending) print(feed samplefeed.Feed, t terminal) {
	fmt.Fprintf(t.err, "\n%-13s %9s  events in %s messages", "sent", grouped(int64(s.events)), grouped(int64(s.messages)))
	if s.messages == len(feed.Messages) {
		fmt.Fprintf(t.err, ": %s of them copies, %s after a later event of the same parcel or order", grouped(int64(feed.Copies)), grouped(int64(feed.OutOfOrder)))
	}
	fmt.Fprintln(t.err)
}

// untilPassed waits until everything that was sent is delivered.
func untilPassed(ctx context.Context, p *pipeline.Pipeline, d double) {
	for !passed(p, d) {
		if !pipeline.Sleep(ctx, pipeline.System, 50*time.Millisecond, nil) {
			return
		}
	}
}

// passed asks the double first: what it has let go is in the pipeline by then.
func passed(p *pipeline.Pipeline, d double) bool {
	if !d.drained() {
		return false
	}
	s := p.Stats()
	for _, spool := range s.Spools {
		if spool.Waiting > 0 {
			return false
		}
	}
	return s.InFlight == 0 && s.Held == 0
}
