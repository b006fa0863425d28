package tracing

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// fakeExporter is a collector that a test answers for.
type fakeExporter struct {
	answer func(ctx context.Context) error

	mu  sync.Mutex
	got []int // spans of each request that was taken
}

func (f *fakeExporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := f.answer(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, len(spans))
	return nil
}

func (f *fakeExporter) Shutdown(context.Context) error { return nil }

// bench is a queue with its sender, and what it logs.
type bench struct {
	*queue
	tracer         func(n int) // ends n spans
	log            *bytes.Buffer
	closing, abort context.CancelFunc
}

func newBench(size int, to *fakeExporter) *bench {
	b := &bench{log: &bytes.Buffer{}}
	s := &sending{exporter: to, timeout: 10 * time.Second, log: slog.New(slog.NewTextHandler(b.log, nil))}
	s.closing, b.closing = context.WithCancel(context.Background())
	s.over, b.abort = context.WithCancel(context.Background())
	b.queue = newQueue(size, s)
	t := sdk.NewTracerProvider(sdk.WithSpanProcessor(b.queue)).Tracer("test")
	b.tracer = func(n int) {
		for range n {
			_, span := t.Start(context.Background(), "s")
			span.End()
		}
	}
	return b
}

func TestSpansTravelTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &fakeExporter{answer: func(context.Context) error { return nil }}
		b := newBench(5000, to)
		b.tracer(1)
		time.Sleep(collectFor - time.Millisecond)
		synctest.Wait()
		if len(to.got) != 0 {
			t.Error("a span did not wait for others")
		}
		b.tracer(2)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if len(to.got) != 1 || to.got[0] != 3 {
			t.Errorf("requests %v", to.got)
		}
		b.tracer(mostInRequest + 1)
		if err := b.ForceFlush(t.Context()); err != nil {
			t.Error(err)
		}
		if len(to.got) != 3 || to.got[1] != mostInRequest || to.got[2] != 1 {
			t.Errorf("requests %v", to.got)
		}
		b.tracer(7)
		if err := b.Shutdown(t.Context()); err != nil || len(to.got) != 4 || to.got[3] != 7 || b.lost.Load() != 0 {
			t.Errorf("%v, requests %v", err, to.got)
		}
	})
}

// Whoever ends a span does not wait, whatever the collector does.
func TestSpansAreDroppedWhileTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		to := &fakeExporter{answer: func(context.Context) error { <-release; return nil }}
		b := newBench(10, to)
		b.tracer(1)
		time.Sleep(collectFor) // it is on its way now
		synctest.Wait()
		b.tracer(25)
		if n := b.lost.Load(); n != 15 {
			t.Errorf("%d are lost, want 15", n)
		}
		close(release)
		if err := b.Shutdown(t.Context()); err != nil || b.lost.Load() != 15 {
			t.Error(err, b.lost.Load())
		}
	})
}

func TestOutageIsToldOnceAndBridged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var works atomic.Bool
		to := &fakeExporter{answer: func(context.Context) error {
			if works.Load() {
				return nil
			}
			return errors.New("connection refused")
		}}
		b := newBench(100, to)
		b.tracer(5)
		time.Sleep(time.Minute) // these are given up
		b.tracer(3)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		works.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		if b.lost.Load() != 5 || len(to.got) != 1 || to.got[0] != 3 {
			t.Errorf("%d lost, requests %v", b.lost.Load(), to.got)
		}
		if log := b.log.String(); strings.Count(log, "cannot be sent") != 1 || strings.Count(log, "sent again") != 1 || !strings.Contains(log, "dropped=5") {
			t.Error(log)
		}
		_ = b.Shutdown(t.Context())
	})
}

func TestStopDoesNotWaitForACollectorThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := newBench(5000, &fakeExporter{answer: func(context.Context) error { asked++; return errors.New("away") }})
		b.tracer(3 * mostInRequest / 2)
		begun := time.Now()
		b.closing()
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 0 || asked > 2 || b.lost.Load() != 3*mostInRequest/2 {
			t.Errorf("%s, %d attempts, %d lost", took, asked, b.lost.Load())
		}
	})
}

func TestStopEndsARequestThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(10, &fakeExporter{answer: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		b.tracer(1)
		time.Sleep(collectFor)
		synctest.Wait()
		b.closing()
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Shutdown(limited); err == nil {
			t.Error("it did not hang")
		}
		b.abort()
		if err := b.Shutdown(t.Context()); err != nil || b.lost.Load() != 1 {
			t.Error(err, b.lost.Load())
		}
	})
}
