package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/spool"
)

// offer is an event of a spool that is under way in the flow, or waits to be
// offered again.
type offer struct {
	spool.Record
	failures int
}

type offerKey struct{}

const (
	shortestOffer = time.Second
	longestOffer  = 5 * time.Minute
)

// giveAll gives the events of the spool to the flow until ctx ends or the spool
// is at its end.
func (s *spooled) giveAll(ctx context.Context, out chan<- *message.Message) {
	defer close(out)
	s.back.begin(ctx, out)
	defer s.back.end()
	for s.back.wait(ctx) {
		r, err := s.disk.Next(ctx)
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return
		}
		if err == nil {
			err = s.give(ctx, &offer{Record: r}, out)
		}
		if err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			return
		}
	}
}

// give offers an event to the flow. The message outlives the subscription: what
// the flow has stays with it until it is settled or goes back.
func (s *spooled) give(ctx context.Context, o *offer, out chan<- *message.Message) error {
	e, err := decodeSpooled(o.Data)
	if err != nil {
		return fmt.Errorf("read event %d of the spool %s: %w", o.Number, s.config.Path, err)
	}
	m := NewBatch(context.WithValue(context.WithoutCancel(ctx), offerKey{}, o), []*Event{e})
	select {
	case out <- m:
	case <-ctx.Done():
	}
	return nil
}

// settled is called for each message that the flow has dealt with, before the
// flow knows that it has. An event that goes back stays in the spool, and is
// offered again after a while.
func (s *spooled) settled(m *message.Message, err error) {
	o, ok := m.Context().Value(offerKey{}).(*offer)
	if !ok {
		return
	}
	if err == nil {
		s.noted(s.disk.Done(o.Number))
		return
	}
	if isClosed(s.flow.stopping) {
		return
	}
	o.failures++
	s.again.Inc()
	pause := min(shortestOffer<<min(o.failures-1, 20), longestOffer)
	s.back.add(s.clock, pause, o, func(ctx context.Context, out chan<- *message.Message) { _ = s.give(ctx, o, out) })
}

// noted says how the noting of what is settled goes.
func (s *spooled) noted(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.notes.failed(err)
		return
	}
	s.notes.over()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
