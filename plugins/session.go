package plugins

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/grpc"

	"github.com/leat-io/leat/plugins/proto"
)

// credits is how many events leat may have sent without an answer: more than one flow
// has under way by default, and a bound for the goroutines of a plugin.
const credits = 4096

// session is one stream of events. Each event has a goroutine of its own; answers leave
// together, as many as there are when the stream takes some.
type session struct {
	ctx     context.Context
	handler Handler
	running sync.WaitGroup

	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc
	ready   []*proto.Result
	wake    chan struct{} // there are answers, or there will be no more
	ended   bool          // no more events come, and all are answered
}

func newSession(ctx context.Context, h Handler) *session {
	return &session{ctx: ctx, handler: h, cancels: map[uint64]context.CancelFunc{}, wake: make(chan struct{}, 1)}
}

func (s *session) run(stream grpc.BidiStreamingServer[proto.Work, proto.Results]) error {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.ctx = ctx
	if err := stream.Send(&proto.Results{Credits: credits}); err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() { received <- s.receive(stream) }()
	err := s.answer(stream)
	if err != nil {
		cancel()
		return err
	}
	return <-received
}

// receive starts what comes until no more does.
func (s *session) receive(stream grpc.BidiStreamingServer[proto.Work, proto.Results]) error {
	defer s.end()
	for {
		work, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, e := range work.Events {
			s.start(e)
		}
		for _, seq := range work.Cancelled {
			s.cancel(seq)
		}
	}
}

// end has answer return once all events are answered.
func (s *session) end() {
	s.running.Wait()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.signal()
}

func (s *session) start(e *proto.Event) {
	ctx, cancel := context.WithCancel(s.ctx)
	s.mu.Lock()
	s.cancels[e.Seq] = cancel
	s.mu.Unlock()
	s.running.Go(func() {
		result := handle(ctx, s.handler, e)
		cancel()
		s.finish(result)
	})
}

func (s *session) cancel(seq uint64) {
	s.mu.Lock()
	cancel := s.cancels[seq]
	s.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

func (s *session) finish(r *proto.Result) {
	s.mu.Lock()
	delete(s.cancels, r.Seq)
	s.ready = append(s.ready, r)
	s.mu.Unlock()
	s.signal()
}

func (s *session) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// answer sends answers until there will be no more of them.
func (s *session) answer(stream grpc.BidiStreamingServer[proto.Work, proto.Results]) error {
	for {
		select {
		case <-s.wake:
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
		ready, ended := s.take()
		for len(ready) > 0 {
			n := batch(ready)
			if err := stream.Send(&proto.Results{Results: ready[:n], Credits: uint32(n)}); err != nil {
				return err
			}
			ready = ready[n:]
		}
		if ended {
			return nil
		}
	}
}

func (s *session) take() (ready []*proto.Result, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ready, s.ready = s.ready, nil
	return ready, s.ended
}
