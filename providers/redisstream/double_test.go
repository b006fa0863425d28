package redisstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// double is a stream with one group in memory, for tests in virtual time. TestTheDoubleIsLikeRedis
// keeps it honest.
type double struct {
	mu      sync.Mutex
	entries []string // payloads; the id of the first is 1-0
	deleted map[string]bool
	next    int
	noGroup bool
	pending map[string]*pended
	settled map[string]int
	more    chan struct{} // closed when there is another entry
	// fault says what becomes of a call.
	fault func() fault
	// rate is how many bytes of an answer come in a second; 0: all at once.
	rate int
}

type pended struct {
	consumer string
	since    time.Time
	times    int
}

// fault is what may happen to a call: it fails, and takes effect all the same, at once or
// later.
type fault struct {
	delay  time.Duration
	fails  bool
	effect bool
	later  time.Duration
}

func newDouble() *double {
	return &double{deleted: map[string]bool{}, pending: map[string]*pended{}, settled: map[string]int{}, more: make(chan struct{})}
}

func idOf(i int) string { return strconv.Itoa(i+1) + "-0" }

func indexOf(id string) int {
	n, _ := splitID(id)
	return int(n) - 1
}

func (d *double) add(payload string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, payload)
	close(d.more)
	d.more = make(chan struct{})
}

func (d *double) received(id string, times int) *received {
	return &received{id: id, given: times, payload: []byte(d.entries[indexOf(id)]), deleted: d.deleted[id]}
}

func (d *double) ids() (list []string) {
	for id := range d.pending {
		list = append(list, id)
	}
	slices.SortFunc(list, compareIDs)
	return list
}

// holder is a consumer of the group.
type holder struct {
	*double
	name string
	dead bool
	mute bool // it can keep nothing young
}

var (
	errBroken = errors.New("the connection broke")
	errGone   = answer("NOGROUP there is no such group")
)

// answer is an error that Redis gives.
type answer string

func (a answer) Error() string { return string(a) }
func (answer) RedisError()     {}

// call carries out f, which has the lock, as the faults have it. After an error f may still
// be carried out: what it writes is nobody's then.
func (h *holder) call(ctx context.Context, f func() error) error {
	return h.anyhow(ctx, func() error {
		if h.noGroup {
			return errGone
		}
		return f()
	})
}

// anyhow is [holder.call] for what takes no group, as XACK does.
func (h *holder) anyhow(ctx context.Context, f func() error) error {
	var bad fault
	if h.fault != nil {
		bad = h.fault()
	}
	select {
	case <-time.After(bad.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	locked := func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.dead {
			return errBroken
		}
		return f()
	}
	switch {
	case !bad.fails:
		defer time.Sleep(bad.delay) // the answer is on its way
		return locked()
	case bad.effect && bad.later > 0:
		time.AfterFunc(bad.later, func() { _ = locked() })
	case bad.effect:
		_ = locked()
	}
	return errBroken
}

func (h *holder) create(ctx context.Context, after string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.noGroup {
		h.noGroup, h.next = false, 0
	}
	return nil
}

func (h *holder) read(ctx context.Context, count int, block time.Duration) ([]*received, error) {
	deadline := time.Now().Add(block)
	for {
		h.mu.Lock()
		more := h.more
		h.mu.Unlock()
		var given []*received
		err := h.call(ctx, func() error { given = h.give(count); return nil })
		if err != nil {
			return nil, err
		}
		if len(given) > 0 {
			return h.arrive(ctx, given)
		}
		select {
		case <-more:
		case <-time.After(time.Until(deadline)):
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// arrive waits until entries have come over the network.
func (h *holder) arrive(ctx context.Context, list []*received) ([]*received, error) {
	if h.rate == 0 {
		return list, nil
	}
	bytes := 0
	for _, r := range list {
		bytes += len(r.payload)
	}
	select {
	case <-time.After(time.Duration(bytes) * time.Second / time.Duration(h.rate)):
		return list, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *holder) give(count int) (list []*received) {
	for ; h.next < len(h.entries) && len(list) < count; h.next++ {
		id := idOf(h.next)
		if h.deleted[id] {
			continue
		}
		h.double.pending[id] = &pended{h.name, time.Now(), 1}
		list = append(list, h.received(id, 1))
	}
	return list
}

func (h *holder) pending(ctx context.Context, after string, count int) ([]given, error) {
	var list []given
	err := h.call(ctx, func() error {
		for _, id := range h.ids() {
			if p := h.double.pending[id]; p.consumer == h.name && (after == "" || compareIDs(id, after) > 0) && len(list) < count {
				list = append(list, given{id, p.times})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (h *holder) again(ctx context.Context, ids []string) ([]*received, error) {
	var list []*received
	err := h.call(ctx, func() error {
		for _, id := range ids {
			p := h.double.pending[id]
			switch {
			case p == nil || p.consumer != h.name:
			case h.deleted[id]:
				delete(h.double.pending, id)
			default:
				p.times++
				p.since = time.Now()
				list = append(list, h.received(id, 0))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h.arrive(ctx, list)
}

func (h *holder) claim(ctx context.Context, cursor string, idle time.Duration, count int) (claimed, error) {
	var c claimed
	err := h.call(ctx, func() error {
		c.next = firstCursor
		seen := 0
		for _, id := range h.ids() {
			if compareIDs(id, cursor) < 0 {
				continue
			}
			if seen == 10*count || len(c.entries) == count {
				c.next = id
				return nil
			}
			seen++
			p := h.double.pending[id]
			switch {
			case h.deleted[id]:
				delete(h.double.pending, id)
				c.deleted++
			case time.Since(p.since) >= idle:
				*p = pended{h.name, time.Now(), p.times + 1}
				c.entries = append(c.entries, h.received(id, p.times))
			}
		}
		return nil
	})
	if err != nil {
		return claimed{}, err
	}
	if _, err := h.arrive(ctx, c.entries); err != nil {
		return claimed{}, err
	}
	return c, nil
}

func (h *holder) age(ctx context.Context, ids []string, idle time.Duration) ([]string, error) {
	var mine []string
	err := h.anyhow(ctx, func() error {
		if h.mute {
			return errBroken
		}
		if h.noGroup {
			return nil
		}
		for _, id := range ids {
			if p := h.double.pending[id]; p != nil && p.consumer == h.name {
				p.since = time.Now().Add(-idle)
				mine = append(mine, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return mine, nil
}

func (h *holder) settle(ctx context.Context, ids []string, remove bool) error {
	return h.anyhow(ctx, func() error {
		for _, id := range ids {
			if h.double.pending[id] != nil {
				delete(h.double.pending, id)
				h.settled[id]++
			}
			if remove {
				h.deleted[id] = true
			}
		}
		return nil
	})
}

func (h *holder) sweep(context.Context, time.Duration) error { return nil }
func (h *holder) leave(context.Context) error                { return nil }
func (h *holder) close()                                     {}

// breakdowns makes a share of the calls fail, in every way there is.
func breakdowns(seed uint64, percent int) func() fault {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 1))
	return func() fault {
		mu.Lock()
		defer mu.Unlock()
		f := fault{delay: time.Duration(rng.IntN(50)) * time.Millisecond, fails: rng.IntN(100) < percent}
		if f.effect = rng.IntN(2) == 0; rng.IntN(2) == 0 {
			f.later = time.Duration(rng.IntN(5000)) * time.Millisecond
		}
		return f
	}
}
