package host

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins"
)

// newBenchmark starts the plugin.
func newBenchmark(b *testing.B, change ...func(*Config)) *Host {
	c := Defaults
	c.Run = self(b)
	for _, f := range change {
		f(&c)
	}
	h := New(c, Options{Flow: "bench", Name: "plugin", Folder: filepath.Dir(c.Run), Log: slog.New(slog.DiscardHandler)})
	if err := h.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close() })
	b.ReportAllocs()
	b.SetBytes(700)
	b.ResetTimer()
	return h
}

// event has 700 bytes.
func event() *pipeline.Event {
	e := pipeline.NewEvent("370724761411111111#0", payload)
	e.Key = "370724761411111111"
	return e
}

var payload = bytes.Repeat([]byte("x"), 700)

func pass(b *testing.B, h *Host) {
	if _, err := h.Handle(context.Background(), event()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkUnary is an event in a message of its own, and the next one after its answer:
// what an event waits for when there is no other.
func BenchmarkUnary(b *testing.B) {
	h := newBenchmark(b)
	for b.Loop() {
		pass(b, h)
	}
}

// BenchmarkBatched is what an event costs when many are under way, as in a flow.
func BenchmarkBatched(b *testing.B) {
	many(b, newBenchmark(b))
}

// BenchmarkBatchedWithoutTLS is how much of that is encryption.
func BenchmarkBatchedWithoutTLS(b *testing.B) {
	many(b, newBenchmark(b, func(c *Config) { c.TLS = false }))
}

func many(b *testing.B, h *Host) {
	var next atomic.Int64
	var callers sync.WaitGroup
	for range 1000 {
		callers.Go(func() {
			for next.Add(1) <= int64(b.N) {
				pass(b, h)
			}
		})
	}
	callers.Wait()
}

// BenchmarkInProcess is the same handler without a process.
func BenchmarkInProcess(b *testing.B) {
	handler, err := settings{}.handler()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(700)
	for b.Loop() {
		if _, err := handler(context.Background(), plugins.NewEvent(payload)); err != nil {
			b.Fatal(err)
		}
	}
}
