package recall

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is what the service has, and how often it was asked. There is nothing under
// a key whose value is empty.
type world struct {
	values map[string]string
	away   bool
	calls  int
}

func (w *world) Lookup(_ context.Context, key string) ([]byte, bool, error) {
	w.calls++
	if w.away {
		return nil, false, errAway
	}
	return []byte(w.values[key]), w.values[key] != "", nil
}

// model is the cache in the simplest words: a list, the one asked for last in front.
type model struct {
	o     Options
	known []remembered
}

type remembered struct {
	key, value string
	until      time.Time
}

// ask returns the answer, and whether the world was asked for it.
func (m *model) ask(w *world, key string, now time.Time) (value string, asked, ok bool) {
	i := slices.IndexFunc(m.known, func(r remembered) bool { return r.key == key })
	if i >= 0 {
		r := m.known[i]
		m.known = slices.Delete(m.known, i, i+1)
		if now.Before(r.until) {
			m.known = slices.Insert(m.known, 0, r)
			return r.value, false, true
		}
	}
	if w.away {
		return "", true, false
	}
	m.keep(remembered{key: key, value: w.values[key]}, now)
	return w.values[key], true, true
}

func (m *model) keep(r remembered, now time.Time) {
	d := m.o.For
	if r.value == "" {
		d = m.o.MissFor
	}
	if r.until = now.Add(d); d == 0 || size(r) > m.o.MaxBytes {
		return
	}
	m.known = slices.Insert(m.known, 0, r)
	for len(m.known) > m.o.MaxEntries || m.bytes() > m.o.MaxBytes {
		m.known = m.known[:len(m.known)-1]
	}
}

func (m *model) bytes() (n int64) {
	for _, r := range m.known {
		n += size(r)
	}
	return n
}

func size(r remembered) int64 { return overhead + int64(len(r.key)+len(r.value)) }

func TestTheCacheRemembersWhatItsModelDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1_800_000_000, 0)
		seconds := rapid.SampledFrom([]time.Duration{0, time.Second, 5 * time.Second, time.Minute})
		o := Options{
			For: seconds.Draw(t, "for"), MissFor: seconds.Draw(t, "miss for"), Now: func() time.Time { return now },
			MaxEntries: rapid.IntRange(1, 4).Draw(t, "entries"), MaxBytes: rapid.SampledFrom([]int64{1, 2 * overhead, 700, 1 << 20}).Draw(t, "bytes"),
		}
		w, m := &world{values: map[string]string{}}, &model{o: o}
		c := New(w, o)
		defer c.Close()
		key := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "longer"})
		t.Repeat(map[string]func(*rapid.T){
			"ask": func(t *rapid.T) {
				for _, k := range rapid.SliceOfN(key, 1, 8).Draw(t, "keys") {
					ask(t, c, m, w, k, now)
				}
			},
			"wait": func(t *rapid.T) { now = now.Add(seconds.Draw(t, "wait")) },
			"away": func(t *rapid.T) { w.away = !w.away },
			"set": func(t *rapid.T) {
				w.values[key.Draw(t, "key")] = strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 2, 40, 2000}).Draw(t, "size"))
			},
			"": func(t *rapid.T) { within(t, c) },
		})
	})
}

func ask(t *rapid.T, c *Cache, m *model, w *world, key string, now time.Time) {
	before := w.calls
	want, asks, ok := m.ask(w, key, now)
	var err error
	value, found, known := c.Known([]byte(key))
	if !known {
		value, found, err = c.Get(context.Background(), nil, key)
	}
	if (err == nil) != ok || string(value) != want || found != (want != "") || (w.calls > before) != asks {
		t.Fatalf("%q: got %q, %v, %v and %d calls; want %q, called: %v", key, value, found, err, w.calls-before, want, asks)
	}
}

// within looks at the bounds themselves.
func within(t *rapid.T, c *Cache) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sum int64
	for at := c.kept.order.Front(); at != nil; at = at.Next() {
		sum += at.Value.(*kept).size()
	}
	if len(c.kept.places) > c.o.MaxEntries || sum > c.o.MaxBytes || sum != c.kept.bytes || c.kept.order.Len() != len(c.kept.places) {
		t.Fatalf("%d entries of %d bytes, counted as %d", len(c.kept.places), sum, c.kept.bytes)
	}
	if len(c.flights) != 0 {
		t.Fatalf("%d flights though nobody waits", len(c.flights))
	}
}
