package recall

import "context"

// flight is a call of the service, and those who wait for it.
type flight struct {
	key     string
	waiting int // guarded by the lock of the cache
	cancel  context.CancelFunc

	landed chan struct{} // closed once the answer is there
	answer
	err error
}

// board returns what is remembered of a key, or else the flight to wait for.
func (c *Cache) board(key string) (*flight, *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.kept.get([]byte(key), c.o.Now()); a != nil { // it may have come just now
		return nil, a
	}
	f := c.flights[key]
	if f == nil {
		f = c.depart(key)
	}
	f.waiting++
	return f, nil
}

// depart asks the service. The caller holds the lock.
func (c *Cache) depart(key string) *flight {
	ctx, cancel := context.WithCancel(c.running)
	f := &flight{key: key, cancel: cancel, landed: make(chan struct{})}
	c.flights[key] = f
	c.calls.Go(func() {
		f.value, f.found, f.err = c.service.Lookup(ctx, key)
		c.land(f)
	})
	return f
}

// land keeps what was answered. A flight that everybody has left says nothing any
// more: the one that was started after it knows better.
func (c *Cache) land(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(f.landed)
	f.cancel()
	if c.flights[f.key] != f {
		return
	}
	delete(c.flights, f.key)
	if f.err == nil {
		c.keep(f)
	}
}

func (c *Cache) keep(f *flight) {
	d := c.o.MissFor
	if f.found {
		d = c.o.For
	}
	if d > 0 {
		c.kept.put(f.key, f.answer, c.o.Now().Add(d))
	}
}

// leave ends the flight when its last passenger goes.
func (c *Cache) leave(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiting--
	if f.waiting == 0 && c.flights[f.key] == f {
		delete(c.flights, f.key)
		f.cancel()
	}
}
