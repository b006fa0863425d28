package redis

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// owed is what Redis has yet to be told of claims, as it did not answer: one that was
// given back, may be ours, or was settled. Until it knows, others hold their copies of
// the event for as long as this process lives.
type owed struct {
	n      atomic.Int64 // how many they are
	shards [64]debts
}

// debts are what is owed for a share of the keys.
type debts struct {
	mu    sync.Mutex // held while Redis is told, so that nothing older follows a new claim
	calls map[string]func(context.Context) error
}

// maxOwed is how much is remembered. What does not fit ends with the process.
const maxOwed = 100_000

var shardSeed = maphash.MakeSeed()

// any reports whether anything is.
func (o *owed) any() bool { return o.n.Load() > 0 }

func (o *owed) of(key string) *debts {
	return &o.shards[maphash.String(shardSeed, key)%uint64(len(o.shards))]
}

func (o *owed) add(key string, call func(context.Context) error) {
	d := o.of(key)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls == nil {
		d.calls = map[string]func(context.Context) error{}
	}
	_, there := d.calls[key]
	if !there && o.n.Load() >= maxOwed {
		return
	}
	d.calls[key] = call
	if !there {
		o.n.Add(1)
	}
}

// forgive drops what is owed for a key: what comes now says more.
func (o *owed) forgive(key string) {
	if !o.any() {
		return
	}
	d := o.of(key)
	d.mu.Lock()
	defer d.mu.Unlock()
	o.drop(d, key)
}

func (o *owed) drop(d *debts, key string) {
	if _, there := d.calls[key]; there {
		delete(d.calls, key)
		o.n.Add(-1)
	}
}

// pay tells Redis, as long as it answers. The shards share round trips.
func (o *owed) pay(ctx context.Context) {
	if o.n.Load() == 0 {
		return
	}
	var paying sync.WaitGroup
	for i := range o.shards {
		paying.Go(func() { o.payShard(ctx, &o.shards[i]) })
	}
	paying.Wait()
}

func (o *owed) payShard(ctx context.Context, d *debts) {
	for _, key := range d.keys() {
		if !o.payOne(ctx, d, key) {
			return
		}
	}
}

func (d *debts) keys() (keys []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range d.calls {
		keys = append(keys, key)
	}
	return keys
}

func (o *owed) payOne(ctx context.Context, d *debts, key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	call := d.calls[key]
	if call == nil {
		return true
	}
	if call(ctx) != nil {
		return false
	}
	o.drop(d, key)
	return true
}
