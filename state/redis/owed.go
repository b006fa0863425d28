package redis

import (
	"context"
	"sync"
	"sync/atomic"
)

// owed is what Redis has yet to be told of claims, as it did not answer: one that was
// given back, may be ours, or was settled. Until it knows, others hold their copies of
// the event for as long as this process lives.
type owed struct {
	n atomic.Int64 // how many they are

	mu    sync.Mutex // held while Redis is told, so that nothing older follows a new claim
	calls map[string]func(context.Context) error
}

// maxOwed is how much is remembered. What does not fit ends with the process.
const maxOwed = 100_000

func (o *owed) add(key string, call func(context.Context) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.calls == nil {
		o.calls = map[string]func(context.Context) error{}
	}
	if _, there := o.calls[key]; there || len(o.calls) < maxOwed {
		o.calls[key] = call
		o.n.Store(int64(len(o.calls)))
	}
}

// forgive drops what is owed for a key: what comes now says more.
func (o *owed) forgive(key string) {
	if o.n.Load() == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.calls, key)
	o.n.Store(int64(len(o.calls)))
}

// pay tells Redis, as long as it answers.
func (o *owed) pay(ctx context.Context) {
	for key := range o.keys() {
		if !o.payOne(ctx, key) {
			return
		}
	}
}

func (o *owed) keys() map[string]struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	keys := make(map[string]struct{}, len(o.calls))
	for key := range o.calls {
		keys[key] = struct{}{}
	}
	return keys
}

func (o *owed) payOne(ctx context.Context, key string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	call := o.calls[key]
	if call == nil {
		return true
	}
	if call(ctx) != nil {
		return false
	}
	delete(o.calls, key)
	o.n.Store(int64(len(o.calls)))
	return true
}
