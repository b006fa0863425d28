package sim

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"
)

// inlet stands in for a source. It leaves no more messages unacknowledged than the source
// does.
type inlet struct {
	Inlet
	process *Process
	wake    chan struct{}

	mu    sync.Mutex
	queue []*Sent
	open  int // given and not acknowledged
	ended bool
	read  bool // somebody has subscribed
}

func (in *inlet) add(s *Sent) {
	in.mu.Lock()
	in.queue = append(in.queue, s)
	in.mu.Unlock()
	in.signal()
}

func (in *inlet) end() {
	in.mu.Lock()
	in.ended = true
	in.mu.Unlock()
	in.signal()
}

func (in *inlet) signal() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// Subscribe implements [message.Subscriber].
func (in *inlet) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	in.mu.Lock()
	in.read = true
	in.mu.Unlock()
	go func() {
		defer close(out)
		for {
			s, ended := in.next()
			switch {
			case s != nil:
				if !in.give(ctx, s, out) {
					return
				}
			case ended:
				return
			default:
				select {
				case <-in.wake:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, nil
}

// Close implements [message.Subscriber].
func (in *inlet) Close() error { return nil }

func (in *inlet) next() (s *Sent, ended bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case len(in.queue) == 0:
		return nil, in.ended
	case in.Can.InFlight > 0 && in.open >= in.Can.InFlight:
		return nil, false
	}
	s, in.queue = in.queue[0], in.queue[1:]
	in.open++
	return s, false
}

func (in *inlet) give(ctx context.Context, s *Sent, out chan<- *message.Message) bool {
	m := message.NewMessage(s.ID, s.Payload)
	for k, v := range s.Meta {
		m.Metadata.Set(k, v)
	}
	select {
	case out <- m:
		go in.watch(m, s)
		return true
	case <-ctx.Done():
		return false
	}
}

func (in *inlet) watch(m *message.Message, s *Sent) {
	var settled bool
	select {
	case <-m.Acked():
		settled = true
	case <-m.Nacked():
	}
	in.mu.Lock()
	in.open--
	in.mu.Unlock()
	in.signal()
	switch p := in.process; {
	case p.killed.Load():
	case settled:
		s.settle()
		p.outside.Settled(p, s)
	default:
		s.giveBack()
		p.outside.Returned(p, s)
	}
}
