package redisstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/pipeline"
)

// subscription reads one stream until it is stopped.
type subscription struct {
	*Subscriber
	stream  string
	api     api
	log     *slog.Logger
	out     chan *message.Message
	table   *table
	keeper  *keeper
	acker   *batcher
	leaver  *batcher
	returns *returns
	trouble *trouble

	messages context.Context // what the contexts of messages are made from
	calls    context.Context // of commands that settle or keep entries
	endCalls context.CancelFunc
	reads    context.Context // of commands that bring entries
	endReads context.CancelFunc

	labelOnce sync.Once // says that a label cannot be read

	haltOnce sync.Once
	halted   chan struct{} // closed when nothing more is read or given out
	stopOnce sync.Once
	stopped  chan struct{} // closed when out may be closed too

	senders  sync.WaitGroup // who may still put messages on out
	watching sync.WaitGroup // messages whose fate is open
	over     chan struct{}  // closed when they are waited for no longer
}

// callTimeout is how long a command may take with all attempts of the client.
const callTimeout = 10 * time.Second

func newSubscription(ctx context.Context, owner *Subscriber, stream string, a api) *subscription {
	s := &subscription{
		Subscriber: owner, stream: stream, api: a, log: owner.log.With("stream", stream, "group", owner.config.Group),
		out: make(chan *message.Message), table: newTable(owner.config.MaxInFlight), messages: ctx,
		halted: make(chan struct{}), stopped: make(chan struct{}), over: make(chan struct{}),
	}
	lasting := context.WithoutCancel(ctx)
	s.calls, s.endCalls = context.WithCancel(lasting)
	s.reads, s.endReads = context.WithCancel(lasting)
	s.trouble = newTrouble(s.clock, s.log)
	s.keeper = newKeeper(s)
	s.returns = &returns{s: s}
	s.acker = &batcher{s: s, what: "acknowledging entries", send: s.acknowledge}
	s.leaver = &batcher{s: s, what: "leaving entries to other consumers", send: s.keeper.leave}
	return s
}

// failed counts a failed command.
func (s *subscription) failed(what string, err error) {
	if s.calls.Err() == nil {
		s.counts.failed.Inc()
		s.trouble.failure(what, err)
	}
}

func (s *subscription) start(ctx context.Context) {
	r := &reader{s: s}
	if s.config.Consumer != "" {
		r.doubts = 2 // there may have been an earlier run
	}
	s.senders.Add(1)
	go r.run()
	go s.keeper.run()
	go s.end(context.AfterFunc(ctx, s.stop))
}

// readGrace is how long the last command may go on beyond what it waits for.
const readGrace = 500 * time.Millisecond

// end waits for the stop. A flow that stops takes no more messages, and then those that
// are here already should be somebody else's; but its channel must not close before the
// subscription ends, or that would look like the end of the source.
func (s *subscription) end(unwatch func() bool) {
	select {
	case <-s.stopping:
		s.halt()
	case <-s.halted:
	}
	s.returns.end()
	timer := s.clock.AfterFunc(s.config.Block+readGrace, s.endReads)
	s.senders.Wait()
	timer.Stop()
	s.endReads()
	<-s.stopped
	unwatch()
	close(s.out)
}

func (s *subscription) halt() { s.haltOnce.Do(func() { close(s.halted) }) }

func (s *subscription) stop() {
	s.halt()
	s.stopOnce.Do(func() { close(s.stopped) })
}

// stops reports whether nothing is given out any more, or soon.
func (s *subscription) stops() bool {
	select {
	case <-s.halted:
		return true
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// awaitRoom waits while as many entries are in flight as may be. It returns how many more
// may be, and 0 on a stop.
func (s *subscription) awaitRoom() int {
	for !s.stops() {
		n, room := s.table.room()
		if n > 0 {
			return n
		}
		select {
		case <-room:
		case <-s.halted:
		case <-s.stopping:
		}
	}
	return 0
}

// take brings entries into the table and gives out those that are new. What was deleted
// while it was pending is no event, and only to be acknowledged.
func (s *subscription) take(list []*received) {
	if len(list) == 0 {
		return
	}
	s.counts.received.Add(len(list))
	fresh, again := s.table.add(list, s.clock.Now())
	s.counts.again.Add(again)
	alive := slices.DeleteFunc(slices.Clone(fresh), func(e *entry) bool { return e.deleted })
	if n := len(fresh) - len(alive); n > 0 {
		s.counts.deleted.Add(n)
		s.settle(slices.DeleteFunc(fresh, func(e *entry) bool { return !e.deleted })...)
	}
	s.deliver(alive)
}

// trayEntries is how many entries travel as one message: they share what a message costs,
// and a goroutine until one of them waits.
const trayEntries = 50

// deliver gives entries out, in order.
func (s *subscription) deliver(entries []*entry) {
	give, size := s.serve, trayEntries
	if s.plain {
		give, size = func(one []*entry) bool { return s.give(one[0]) }, 1
	}
	for len(entries) > 0 {
		n := min(size, len(entries))
		if !give(slices.Clone(entries[:n])) {
			s.leave(entries)
			return
		}
		entries = entries[n:]
	}
}

// settle has entries acknowledged.
func (s *subscription) settle(entries ...*entry) {
	for _, e := range entries {
		s.table.settle(e)
	}
	s.acker.add(entries...)
}

func (s *subscription) acknowledge(ctx context.Context, batch []*entry) error {
	ids := s.table.ids(batch)
	if len(ids) == 0 {
		return nil
	}
	err := s.api.settle(ctx, ids, s.config.Delete)
	if err == nil {
		s.counts.settled.Add(len(ids))
	}
	return err
}

// leave leaves entries to other consumers, which may take them over at once.
func (s *subscription) leave(entries []*entry) { s.leaver.add(s.table.leave(entries)...) }

// closeLimit is for how long Close waits for messages and Redis, all in all. The engine
// gives a source ten seconds.
const closeLimit = 8 * time.Second

func (s *subscription) close() error {
	timer := s.clock.AfterFunc(closeLimit, s.endCalls)
	defer timer.Stop()
	s.stop()
	for m := range s.out { // what was on its way to a reader that has gone
		m.Nack()
	}
	s.waitForFates()
	close(s.over)
	s.watching.Wait()
	defer s.api.close()
	defer s.endCalls()
	s.keeper.stop()
	s.leave(s.table.all())
	left := s.acker.drain()
	held := s.leaver.drain()
	s.depart()
	if left+held > 0 {
		return fmt.Errorf("stream %s: Redis could not be told in time that %d entries are settled, which come again, and that %d are left to other consumers, which take them over after claim_after", s.stream, left, held)
	}
	return nil
}

// depart removes a consumer that will not come back.
func (s *subscription) depart() {
	if s.config.Consumer != "" || s.calls.Err() != nil {
		return
	}
	if err := s.api.leave(s.calls); err != nil {
		s.log.Debug("the consumer cannot be removed", "error", err)
	}
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
