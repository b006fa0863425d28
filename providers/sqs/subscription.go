package sqs

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// subscription receives from one queue until it is stopped.
type subscription struct {
	*Subscriber
	queue   *queue
	out     chan *message.Message
	table   *table
	keeper  *keeper
	remover *remover
	returns *returns
	pollers pollers
	groups  groups // of a FIFO queue

	messages context.Context // what the contexts of messages are made from
	calls    context.Context // of requests that settle or keep messages
	endCalls context.CancelFunc

	haltOnce sync.Once
	halted   chan struct{} // closed when nothing more is received or given out
	stopOnce sync.Once
	stopped  chan struct{}   // closed when out may be closed too
	polls    context.Context // of requests for messages
	endPolls context.CancelFunc

	senders  sync.WaitGroup // who may still put messages on out
	watching sync.WaitGroup // messages whose fate is open
	over     chan struct{}  // closed when they are waited for no longer
}

func newSubscription(ctx context.Context, owner *Subscriber, q *queue) *subscription {
	s := &subscription{
		Subscriber: owner, queue: q, out: make(chan *message.Message), table: newTable(owner.config.MaxInFlight),
		messages: ctx, halted: make(chan struct{}), stopped: make(chan struct{}), over: make(chan struct{}),
	}
	lasting := context.WithoutCancel(ctx)
	s.calls, s.endCalls = context.WithCancel(lasting)
	s.polls, s.endPolls = context.WithCancel(lasting)
	s.keeper = newKeeper(s)
	s.table.keeper = s.keeper
	s.remover = newRemover(s)
	s.returns = newReturns(s)
	s.pollers.s, s.pollers.trouble = s, s.troubleWith("messages cannot be received from SQS")
	return s
}

// pollGrace is how long requests for messages may go on after a stop. The answer
// to a request that is cut off may hold messages, which then stay invisible until
// their timeout; and a busy queue answers at once.
const pollGrace = 500 * time.Millisecond

func (s *subscription) start(ctx context.Context) {
	if !s.config.Extend {
		s.keeper.refuse()
	}
	s.pollers.begin()
	go s.end(context.AfterFunc(ctx, s.stop))
}

// end waits for the stop. A flow that stops takes no more messages, and then those
// that are here already should be somebody else's; but its channel must not close
// before the subscription ends, or that would look like the end of the source.
func (s *subscription) end(unwatch func() bool) {
	select {
	case <-s.stopping:
		s.halt()
	case <-s.halted:
	}
	timer := s.clock.AfterFunc(pollGrace, s.endPolls)
	s.senders.Wait()
	timer.Stop()
	s.endPolls()
	<-s.stopped
	unwatch()
	close(s.out)
}

func (s *subscription) halt() { s.haltOnce.Do(func() { close(s.halted) }) }

func (s *subscription) stop() {
	s.halt()
	s.stopOnce.Do(func() { close(s.stopped) })
}

// closeLimit is for how long Close tries to reach the service. The engine gives a
// source ten seconds.
const closeLimit = 5 * time.Second

func (s *subscription) close() error {
	s.stop()
	for m := range s.out { // what was on its way to a reader that has gone
		m.Nack()
	}
	s.waitForFates()
	close(s.over)
	s.watching.Wait()
	timer := s.clock.AfterFunc(closeLimit, s.endCalls)
	defer timer.Stop()
	defer s.queue.caller.Close()
	defer s.endCalls()
	s.keeper.stop()
	var returned sync.WaitGroup
	returned.Go(func() { s.returns.drain(s.table.rest()) })
	left := s.remover.drain()
	returned.Wait()
	if left > 0 {
		return fmt.Errorf("%d messages of queue %s were settled and could not be deleted in time: they will come again", left, s.queue.url)
	}
	return nil
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
