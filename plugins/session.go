package plugins

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// credits is how many events leat may have sent without an answer: more than one flow
// has under way by default, and a bound for the goroutines of a plugin.
const credits = 4096

// session is one stream of events. Each event has a goroutine of its own; answers leave
// together, as many as there are when the stream takes some.
type session struct {
	ctx     context.Context
	handler Handler
	most    int // bytes of a message that leat takes
	events  sync.WaitGroup

	mu      sync.Mutex
	running map[uint64]*eventContext
	ready   []*proto.Result
	same    []uint64      // events that go on as they came
	wake    chan struct{} // there are answers, or there will be no more
	ended   bool          // no more events come, and all are answered
}

func newSession(ctx context.Context, h Handler, most int) *session {
	return &session{ctx: ctx, handler: h, most: most, running: map[uint64]*eventContext{}, wake: make(chan struct{}, 1)}
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
		var work wire.Frame
		err := stream.RecvMsg(&work)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := wire.ReadWork(work.Bytes, s.start, s.cancel); err != nil {
			return status.Error(codes.InvalidArgument, err.Error())
		}
	}
}

// end has answer return once all events are answered.
func (s *session) end() {
	s.events.Wait()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.signal()
}

func (s *session) start(e *wire.Event) {
	ctx := &eventContext{Context: s.ctx}
	s.mu.Lock()
	s.running[e.Seq] = ctx
	s.mu.Unlock()
	s.events.Go(func() { s.work(ctx, e) })
}

// work handles an event and has its answer sent, also when the handler ends its goroutine.
func (s *session) work(ctx *eventContext, e *wire.Event) {
	var result *proto.Result
	defer func() {
		ctx.end()
		if result == nil {
			result = failed(e.Seq, Reject(errGoexit))
		}
		s.finish(e.Seq, result)
	}()
	result = fitting(handle(ctx, s.handler, e), s.most)
}

var errGoexit = errors.New("the handler ended its goroutine (runtime.Goexit)")

func (s *session) cancel(seq uint64) {
	s.mu.Lock()
	ctx := s.running[seq]
	s.mu.Unlock()
	if ctx != nil {
		ctx.end()
	}
}

func (s *session) finish(seq uint64, r *proto.Result) {
	s.mu.Lock()
	delete(s.running, seq)
	if r == unchanged {
		s.same = append(s.same, seq)
	} else {
		s.ready = append(s.ready, r)
	}
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
		s.gather()
		ready, same, ended := s.take()
		for len(ready)+len(same) > 0 {
			n := batch(ready, len(same), s.most)
			err := stream.Send(&proto.Results{Results: ready[:n], Unchanged: same, Credits: uint32(n + len(same))})
			if err != nil {
				return err
			}
			ready, same = ready[n:], nil
		}
		if ended {
			return nil
		}
	}
}

// gather lets the handlers that can finish do so, that their answers leave together.
// Where there is nothing else to do it takes no time.
func (s *session) gather() {
	for had := -1; ; {
		s.mu.Lock()
		n, ended := len(s.ready)+len(s.same), s.ended
		s.mu.Unlock()
		if n == had || n >= enough || ended {
			return
		}
		had = n
		runtime.Gosched()
	}
}

// enough is how many answers need not wait for more.
const enough = 256

func (s *session) take() (ready []*proto.Result, same []uint64, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ready, same = s.ready, s.same
	s.ready, s.same = nil, nil
	return ready, same, s.ended
}
