package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// maxBack and maxBackBytes bound what waits to be offered again. When that is
// reached, nothing else is read: what is rejected needs somebody to look at.
const (
	maxBack      = 10_000
	maxBackBytes = 64 << 20
)

// backlog is the events that wait to be offered again.
type backlog struct {
	less chan struct{} // has room for one: fewer wait

	mu      sync.Mutex
	ctx     context.Context
	out     chan<- *message.Message // nil before begin and after end
	timers  map[*offer]Timer
	bytes   int
	offered sync.WaitGroup // those whose time has come
}

func newBacklog() backlog {
	return backlog{less: make(chan struct{}, 1), timers: map[*offer]Timer{}}
}

func (b *backlog) begin(ctx context.Context, out chan<- *message.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ctx, b.out = ctx, out
}

// end leaves what waits in the spool. Nobody uses the channel afterwards.
func (b *backlog) end() {
	b.mu.Lock()
	b.out = nil
	for o, t := range b.timers {
		t.Stop()
		delete(b.timers, o)
	}
	b.mu.Unlock()
	b.offered.Wait()
}

// wait returns true once there is room for more, and false when ctx ends first.
func (b *backlog) wait(ctx context.Context) bool {
	for {
		b.mu.Lock()
		room := len(b.timers) < maxBack && b.bytes < maxBackBytes
		b.mu.Unlock()
		if room {
			return ctx.Err() == nil
		}
		select {
		case <-b.less:
		case <-ctx.Done():
			return false
		}
	}
}

// add has give called after the pause.
func (b *backlog) add(c Clock, pause time.Duration, o *offer, give func(context.Context, chan<- *message.Message)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.out == nil {
		return
	}
	b.bytes += len(o.Data)
	b.timers[o] = c.AfterFunc(pause, func() {
		if ctx, out := b.due(o); out != nil {
			defer b.offered.Done()
			give(ctx, out)
		}
	})
}

// due takes an event out of those that wait.
func (b *backlog) due(o *offer) (context.Context, chan<- *message.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.timers[o]; !there || b.out == nil {
		return nil, nil
	}
	delete(b.timers, o)
	b.bytes -= len(o.Data)
	b.offered.Add(1)
	signal(b.less)
	return b.ctx, b.out
}
