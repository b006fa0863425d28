package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// fact is an event as it happened.
type fact struct {
	id, key string
	at      time.Time // to the second, so that there are ties
	sent    time.Time // when it was first sent
}

// letter is a message of the queue.
type letter struct {
	due  time.Duration // since the feed began
	fact int
}

// feed is what is sent.
type feed struct {
	facts   []fact
	letters []letter
	copies  int
	late    int
}

// newFeed makes up events of o.keys keys, which happen at any moment of o.span.
// Each is sent up to o.jitter later, a few of them far too late, some twice.
func newFeed(o options, r *rand.Rand, begin time.Time) *feed {
	f := &feed{facts: make([]fact, o.events)}
	for i := range f.facts {
		happens := time.Duration(r.Int64N(int64(o.span)))
		f.facts[i] = fact{id: strconv.Itoa(i), key: fmt.Sprint("k", i%o.keys), at: begin.Add(happens).Truncate(time.Second)}
		due := happens + time.Duration(r.Int64N(int64(o.jitter)))
		if r.Float64() < o.late {
			due += 3 * o.window
			f.late++
		}
		f.letters = append(f.letters, letter{due, i})
		if r.Float64() < o.copies {
			f.letters = append(f.letters, letter{due + time.Duration(r.Int64N(int64(3*time.Second))), i})
			f.copies++
		}
	}
	slices.SortFunc(f.letters, func(a, b letter) int { return int(a.due - b.due) })
	return f
}

// send sends everything when it is due, a hundredth of a second at a time.
func (f *feed) send(begin time.Time, put func(bodies ...string) error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for rest := f.letters; len(rest) > 0; <-tick.C {
		now := time.Now()
		var bodies []string
		for len(rest) > 0 && rest[0].due <= now.Sub(begin) {
			bodies = append(bodies, f.body(rest[0].fact, now))
			rest = rest[1:]
		}
		if err := put(bodies...); err != nil {
			return err
		}
	}
	return nil
}

func (f *feed) body(i int, now time.Time) string {
	e := &f.facts[i]
	if e.sent.IsZero() {
		e.sent = now
	}
	return fmt.Sprintf(`{"id":%q,"key":%q,"at":%q}`, e.id, e.key, e.at.UTC().Format(time.RFC3339))
}
