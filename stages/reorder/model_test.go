package reorder_test

import (
	"slices"
	"time"
)

// arrival is an event as it comes out of the source.
type arrival struct {
	id   int // also its place in the source
	key  string
	at   time.Duration // when it comes
	time time.Duration // when it happened
}

// released is an event as it leaves.
type released struct {
	id   int
	late bool
}

// modelKey is what the model knows of a key.
type modelKey struct {
	held []waiting // by event time, then place in the source
	last time.Duration
	any  bool // something was released in order
	out  []released
}

type waiting struct {
	arrival
	due time.Duration
}

func (k *modelKey) enter(a arrival, due time.Duration) {
	if k.any && a.time < k.last {
		k.out = append(k.out, released{a.id, true})
		return
	}
	k.held = append(k.held, waiting{a, due})
	slices.SortStableFunc(k.held, func(a, b waiting) int {
		if a.time != b.time {
			return int(a.time - b.time)
		}
		return a.id - b.id
	})
}

// release lets everything go up to the latest event that is due at now.
func (k *modelKey) release(now time.Duration) {
	upTo := -1
	for i, w := range k.held {
		if w.due <= now {
			upTo = i
		}
	}
	for _, w := range k.held[:upTo+1] {
		k.out = append(k.out, released{w.id, false})
		k.last, k.any = w.time, true
	}
	k.held = k.held[upTo+1:]
}

const forever = time.Duration(1 << 62)

// modelLive is what a live source's events must come out as, by key: the clock
// is the time of arrival.
func modelLive(in []arrival, window time.Duration) map[string][]released {
	in = slices.Clone(in)
	slices.SortStableFunc(in, func(a, b arrival) int { return int(a.at - b.at) })
	return run(in, func(k *modelKey, i int) {
		// Dues before this arrival come first; one at the same moment comes
		// after it, when the timer fires.
		k.releaseEach(in[i].at - 1)
	}, func(_ *modelKey, i int) time.Duration { return in[i].at + window })
}

// releaseEach releases at each due moment up to now, in their order: what comes
// due first makes later ones late or not.
func (k *modelKey) releaseEach(now time.Duration) {
	for {
		next := forever
		for _, w := range k.held {
			next = min(next, w.due)
		}
		if next > now || len(k.held) == 0 {
			return
		}
		k.release(next)
	}
}

// modelReplay is what a finite source's events must come out as: the clock is
// the newest event time so far.
func modelReplay(in []arrival, window time.Duration) map[string][]released {
	clock := time.Duration(0)
	keys := map[string]*modelKey{}
	for _, a := range in {
		k := keyOf(keys, a.key)
		clock = max(clock, a.time)
		k.enter(a, clock+window)
		for _, k := range keys {
			k.releaseEach(clock)
		}
	}
	return results(keys)
}

func run(in []arrival, before func(*modelKey, int), due func(*modelKey, int) time.Duration) map[string][]released {
	keys := map[string]*modelKey{}
	for i, a := range in {
		k := keyOf(keys, a.key)
		before(k, i)
		k.enter(a, due(k, i))
	}
	return results(keys)
}

func keyOf(keys map[string]*modelKey, key string) *modelKey {
	if keys[key] == nil {
		keys[key] = &modelKey{}
	}
	return keys[key]
}

func results(keys map[string]*modelKey) map[string][]released {
	out := map[string][]released{}
	for name, k := range keys {
		k.releaseEach(forever)
		out[name] = k.out
	}
	return out
}
