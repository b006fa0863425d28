package tiki

import (
	"context"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/backoff"
	"github.com/leat-io/leat/pipeline"
)

// subscription reads one queue until it is stopped.
type subscription struct {
	*Subscriber
	queue string
	out   chan *message.Message
	table *table

	messages context.Context // what the contexts of messages are made from
	lasting  context.Context // it does not end with the subscription
	pulls    context.Context // of requests for events, and of waiting for them
	endPulls context.CancelFunc

	stopOnce sync.Once
	stopped  chan struct{} // closed when out may be closed

	puller   puller
	pulling  sync.WaitGroup
	watching sync.WaitGroup // messages whose fate is open
	over     chan struct{}  // closed when they are waited for no longer
}

func newSubscription(ctx context.Context, owner *Subscriber, queue string) *subscription {
	s := &subscription{
		Subscriber: owner, queue: queue, out: make(chan *message.Message), messages: ctx,
		stopped: make(chan struct{}), over: make(chan struct{}),
	}
	s.table = newTable(s.returnAfter)
	s.lasting = context.WithoutCancel(ctx)
	s.pulls, s.endPulls = context.WithCancel(s.lasting)
	s.puller = puller{s: s, wait: newWait(), trouble: trouble{clock: s.clock, log: s.log}}
	return s
}

func (s *subscription) start(ctx context.Context) {
	s.pulling.Go(s.puller.run)
	go s.end(context.AfterFunc(ctx, s.stop))
}

// end waits for the stop. A flow that stops takes no more messages; but the channel must
// not close before the subscription ends, or that would look like the end of the source.
func (s *subscription) end(unwatch func() bool) {
	select {
	case <-s.stopping:
	case <-s.stopped:
	}
	s.endPulls()
	s.pulling.Wait()
	<-s.stopped
	unwatch()
	close(s.out)
}

func (s *subscription) stop() { s.stopOnce.Do(func() { close(s.stopped) }) }

// settle notes that events are settled.
func (s *subscription) settle(entries ...*entry) {
	for _, e := range entries {
		s.table.settle(e)
	}
}

// handBack takes events back, to be offered again.
func (s *subscription) handBack(entries ...*entry) {
	s.counts.returned.Add(len(entries))
	s.table.handBack(entries, s.clock.Now())
}

// returnAfter is when an event comes again that was handed back so often.
func (s *subscription) returnAfter(returns int) time.Duration {
	return backoff.Doubled(s.config.ReturnAfter.Min, s.config.ReturnAfter.Max, returns)
}

func (s *subscription) close() {
	s.stop()
	for m := range s.out { // what was on its way to a reader that has gone
		m.Nack()
	}
	s.waitForFates()
	close(s.over)
	s.watching.Wait()
	s.puller.leave()
}

// waitForFates waits for messages that are out, but not for ever.
func (s *subscription) waitForFates() {
	known := make(chan struct{})
	go func() {
		s.watching.Wait()
		close(known)
	}()
	pipeline.Sleep(context.Background(), s.clock, s.grace, known)
}
