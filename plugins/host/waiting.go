package host

import (
	"slices"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
)

// add takes an event in.
func (h *Host) add(c *call) error {
	if err := h.tooLarge(c); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	if c.later != nil {
		if err := h.admit(c.later); err != nil {
			return err
		}
	}
	if known := h.marked[c.id]; known != nil {
		h.addSuspect(c, known)
	} else {
		h.waiting.push(c)
	}
	h.wake()
	return nil
}

// queued is how many events wait to be sent.
func (h *Host) queued() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return int64(h.waiting.len())
}

// wake has the current process look for work.
func (h *Host) wake() {
	if h.current != nil {
		h.current.signal()
	}
}

// withdraw takes an event back because its caller cannot wait any longer.
func (h *Host) withdraw(c *call, why error) (*proto.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-c.done:
		return c.outcome()
	default:
	}
	h.leave(c)
	return nil, why
}

// leave forgets a call.
func (h *Host) leave(c *call) {
	if c.with != nil {
		c.with.giveUp(c)
	} else {
		h.remove(c)
		h.wake()
	}
}

// giveUp stops waiting for the answer to an event, and tells the plugin.
func (k *child) giveUp(c *call) {
	delete(k.sent, c.seq)
	k.lingering[c.seq] = c
	if c.overdue.IsZero() {
		c.overdue = time.Now()
		k.cancelled = append(k.cancelled, c.seq)
		k.signal()
	}
	k.rest()
}

// remove takes a call that is not sent out of the lists.
func (h *Host) remove(c *call) bool {
	found := false
	is := func(other *call) bool {
		found = found || other == c
		return other == c
	}
	h.waiting.removeIf(is)
	h.trial.removeIf(is)
	h.cell = slices.DeleteFunc(h.cell, is)
	h.closeTrial()
	return found
}

// hasten says that the flow of an event stops: it is not to wait for a process that is
// still to be started.
func (h *Host) hasten(c *call) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hastenLocked(c)
}

func (h *Host) hastenLocked(c *call) {
	c.stopping = true
	if c.with == nil && (h.current == nil || slices.Contains(h.cell, c)) && h.remove(c) {
		c.finish(nil, pipeline.ErrReturned)
	}
}

// abandon gives back what is left, of callers that did not wait for it.
func (h *Host) abandon() {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := func(c *call) bool {
		c.finish(nil, pipeline.ErrReturned)
		return true
	}
	h.waiting.removeIf(all)
	h.trial.removeIf(all)
	h.cell = slices.DeleteFunc(h.cell, all)
}
