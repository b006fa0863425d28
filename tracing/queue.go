package tracing

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// queue is where spans wait to be sent, many at a time. Whoever ends one never waits: while
// the queue is full, spans are lost.
type queue struct {
	spans chan sdk.ReadOnlySpan
	sent  sender
	asked chan chan struct{} // to send what there is, see ForceFlush

	closing chan struct{} // closed when nothing comes any more
	close   func()
	over    chan struct{} // closed when all that can be sent is

	lost atomic.Int64
}

// sender sends spans, or loses them; it returns how many were lost.
type sender interface {
	send(spans []sdk.ReadOnlySpan) (lost int)
}

// A request has this many spans, unless fewer came in this time.
const (
	mostInRequest = 512
	collectFor    = time.Second
)

func newQueue(size int, s sender) *queue {
	q := &queue{
		spans: make(chan sdk.ReadOnlySpan, size), sent: s, asked: make(chan chan struct{}),
		closing: make(chan struct{}), over: make(chan struct{}),
	}
	q.close = sync.OnceFunc(func() { close(q.closing) })
	go q.run()
	return q
}

// OnStart implements [sdk.SpanProcessor].
func (q *queue) OnStart(context.Context, sdk.ReadWriteSpan) {}

// OnEnd implements [sdk.SpanProcessor].
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	select {
	case q.spans <- s:
	default:
		q.lost.Add(1)
	}
}

// run sends spans until nothing comes any more.
func (q *queue) run() {
	defer close(q.over)
	var batch []sdk.ReadOnlySpan
	due := time.NewTimer(collectFor)
	defer due.Stop()
	for {
		select {
		case s := <-q.spans:
			if len(batch) == 0 {
				due.Reset(collectFor)
			}
			if batch = append(batch, s); len(batch) == mostInRequest {
				batch = q.send(batch)
			}
		case <-due.C:
			batch = q.send(batch)
		case done := <-q.asked:
			batch = q.drain(batch)
			close(done)
		case <-q.closing:
			q.drain(batch)
			return
		}
	}
}

// drain sends a batch and all that waits.
func (q *queue) drain(batch []sdk.ReadOnlySpan) []sdk.ReadOnlySpan {
	for {
		select {
		case s := <-q.spans:
			if batch = append(batch, s); len(batch) == mostInRequest {
				batch = q.send(batch)
			}
		default:
			return q.send(batch)
		}
	}
}

// send sends a batch and returns an empty one. The sender may keep nothing of it.
func (q *queue) send(batch []sdk.ReadOnlySpan) []sdk.ReadOnlySpan {
	if len(batch) > 0 {
		q.lost.Add(int64(q.sent.send(batch)))
		clear(batch)
	}
	return batch[:0]
}

// ForceFlush implements [sdk.SpanProcessor].
func (q *queue) ForceFlush(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case q.asked <- done:
	case <-q.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Shutdown implements [sdk.SpanProcessor].
func (q *queue) Shutdown(ctx context.Context) error {
	q.close()
	select {
	case <-q.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
