package coalesce

import "runtime"

// schedule starts as many senders as there are requests to be made now, or the
// timer. It needs the lock, as all in this file do.
func (c *Coalescer[T]) schedule() {
	for c.sending < c.o.MaxRequests && c.wanted() {
		c.sending++
		c.starting++
		c.senders.Go(c.sendAll)
	}
	switch {
	case c.ready == 0:
		c.due = false
		c.disarm()
	case !c.due && c.stopTimer == nil:
		c.arm()
	}
}

// wanted reports whether there is a request to be made besides those that senders
// are about to make.
func (c *Coalescer[T]) wanted() bool {
	if c.ready == 0 {
		return false
	}
	return c.due && c.starting == 0 || c.ready >= (c.starting+1)*c.o.MaxItems || c.bytes >= (c.starting+1)*c.o.MaxBytes
}

func (c *Coalescer[T]) arm() {
	c.timer++
	number := c.timer
	c.stopTimer = c.o.AfterFunc(c.o.Wait, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if number == c.timer && c.stopTimer != nil {
			c.stopTimer, c.due = nil, true
			c.schedule()
		}
	})
}

func (c *Coalescer[T]) disarm() {
	if c.stopTimer != nil {
		c.stopTimer()
		c.stopTimer = nil
	}
}

// sendAll makes requests as long as there are any to be made. It gives way first:
// what other callers are just about to add then goes with the first request.
func (c *Coalescer[T]) sendAll() {
	runtime.Gosched()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.starting--
	for c.wanted() {
		batch, unwanted := c.wanting(c.take(c.o.MaxItems, c.o.MaxBytes))
		c.due = c.closed || c.o.Wait <= 0
		c.disarm()
		c.schedule()
		c.refuse(unwanted)
		if len(batch) > 0 {
			c.request(batch)
		}
	}
	c.sending--
	c.schedule()
}

// request sends a batch. It gives the lock up meanwhile.
func (c *Coalescer[T]) request(batch []*item[T]) {
	c.mu.Unlock()
	errs := c.o.Send(c.running, values(batch))
	c.mu.Lock()
	c.finish(batch, errs)
}

// refuse says of items that they were not sent.
func (c *Coalescer[T]) refuse(batch []*item[T]) {
	if len(batch) == 0 {
		return
	}
	errs := make([]error, len(batch))
	for i := range errs {
		errs[i] = ErrStopped
	}
	c.finish(batch, errs)
}

// finish settles items and tells those who do not wait, for which it gives the lock up.
func (c *Coalescer[T]) finish(batch []*item[T], errs []error) {
	c.settle(batch, errs)
	if hasTold(batch) {
		c.schedule() // whoever is told may take a while
		c.mu.Unlock()
		c.tell(batch)
		c.mu.Lock()
	}
}

// settle tells the callers, and lets the next items of the same groups go: these
// have waited for a whole request.
func (c *Coalescer[T]) settle(batch []*item[T], errs []error) {
	for i, m := range batch {
		if i < len(errs) {
			m.err = errs[i]
		}
		if m.settled != nil {
			close(m.settled)
		}
	}
	if c.release(batch) {
		c.due = true
	}
}
