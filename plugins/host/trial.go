package host

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// trial finds out which event crashes the plugin. Suspects are given to it in groups, and
// nothing else meanwhile: those of a group that it survives are innocent, one that it
// does not survive is halved.
type trial struct {
	groups [][]*call // the last one is next
	now    queue     // of the group that is on trial, those that are not sent yet
}

// The methods of a trial may be called on nil: there is none.

func (t *trial) len() (n int) {
	if t == nil {
		return 0
	}
	for _, g := range t.groups {
		n += len(g)
	}
	return n + t.now.len()
}

// over reports whether there is nothing left to try.
func (t *trial) over() bool { return t.len() == 0 }

func (t *trial) removeIf(f func(*call) bool) {
	if t == nil {
		return
	}
	t.now.removeIf(f)
	for i, g := range t.groups {
		t.groups[i] = slices.DeleteFunc(g, f)
	}
	t.groups = slices.DeleteFunc(t.groups, func(g []*call) bool { return len(g) == 0 })
}

// next is what the process gets: the rest of a group, or the next group once it has
// nothing else, and neither anything that might still crash it.
func (t *trial) next(k *child) *queue {
	if t.now.len() == 0 && len(k.sent) == 0 && !k.lingers() && len(t.groups) > 0 {
		last := len(t.groups) - 1
		for _, c := range t.groups[last] {
			t.now.push(c)
		}
		t.groups = t.groups[:last]
	}
	return &t.now
}

// lingers reports whether the process may still be busy with an event that was given up.
func (k *child) lingers() bool {
	for _, c := range k.lingering {
		if time.Since(c.overdue) < k.host.config.Timeout {
			return true
		}
	}
	return false
}

// bury decides what becomes of the events that a process had when it died.
func (h *Host) bury(k *child) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current == k {
		h.current, h.died = nil, time.Now()
	}
	suspects := slices.SortedFunc(values(k.sent), func(a, b *call) int { return cmp.Compare(a.seq, b.seq) })
	if !k.retired() {
		h.options.Count("crashes")
		h.mark(k, len(suspects) == 0)
	}
	for _, c := range suspects {
		c.with, c.overdue = nil, time.Time{}
		c.crime.crashes++
		if len(suspects) == 1 && len(k.lingering) == 0 {
			c.crime.alone++
		}
	}
	h.suspect(k, suspects)
	if h.current == nil {
		h.letGo()
	}
	h.wake()
}

// retired reports whether the process ended because it was asked to.
func (k *child) retired() bool { return k.why == errRetired }

func values(m map[uint64]*call) func(func(*call) bool) {
	return func(yield func(*call) bool) {
		for _, c := range m {
			if !yield(c) {
				return
			}
		}
	}
}

// maxMarked bounds what is remembered of events that are not here.
const maxMarked = 1000

// mark remembers the events that were given up before the process died, perhaps of them.
func (h *Host) mark(k *child, alone bool) {
	counted := map[string]bool{"": true} // an event without an id cannot be told from others
	for _, c := range k.lingering {
		if counted[c.id] {
			continue
		}
		counted[c.id] = true
		known := h.marked[c.id]
		if known == nil && len(h.marked) < maxMarked {
			copied := c.crime
			known = &copied
			h.marked[c.id] = known
		}
		if known == nil {
			continue
		}
		known.crashes++
		if alone && len(k.lingering) == 1 {
			known.alone++
		}
	}
}

// addSuspect takes in an event that a process may have died of when it was given up. It
// gets more time now, so that it is there when that happens again.
func (h *Host) addSuspect(c *call, known *crime) {
	delete(h.marked, c.id)
	c.crime, c.patient = *known, true
	h.accuse([]*call{c})
}

// suspect has a group of events that a process died with tried again, in halves.
func (h *Host) suspect(k *child, group []*call) {
	if h.trial != nil && h.trial.now.len() > 0 && h.current == nil {
		h.accuse(slices.Clone(h.trial.now.calls[h.trial.now.first:]))
		h.trial.now = queue{}
	}
	switch n := len(group); {
	case n == 0:
	case n > 1:
		h.accuse(group[n/2:])
		h.accuse(group[:n/2])
	case !group[0].crime.proven():
		h.accuse(group)
	case h.row < longestRow:
		h.row++
		h.options.Count("culprits")
		group[0].finish(nil, h.verdict(k, group[0]))
	default:
		h.cell = append(h.cell, group[0])
	}
	h.closeTrial()
}

// closeTrial ends a trial that has nothing left to try. One that is left with nothing would
// hold up all events that wait.
func (h *Host) closeTrial() {
	if h.trial != nil && h.trial.over() {
		h.trial = nil
	}
}

// accuse puts a group on trial, before those that are.
func (h *Host) accuse(group []*call) {
	if h.trial == nil {
		h.trial = &trial{}
	}
	h.trial.groups = append(h.trial.groups, group)
}

// longestRow is how many events in a row may be held to be the cause of crashes. When
// even more seem to be, it is the plugin that is broken.
const longestRow = 4

// gotOn notes that the plugin has answered: it works, and what was put aside because it
// did not seem to may be tried again.
func (h *Host) gotOn() {
	h.row = 0
	for _, c := range h.cell {
		c.crime = crime{}
		h.accuse([]*call{c})
	}
	h.cell = nil
}

// reopen has the first event that was put aside tried again, when there is nothing else
// to try: those who wait for its answer may bring no other events.
func (h *Host) reopen() {
	if len(h.cell) > 0 && h.trial == nil && h.waiting.len() == 0 {
		h.accuse(h.cell[:1:1])
		h.cell = h.cell[1:]
	}
}

// letGo gives back the events of flows that stop, as there is no process for them.
func (h *Host) letGo() {
	stopping := func(c *call) bool {
		if c.stopping {
			c.finish(nil, pipeline.ErrReturned)
		}
		return c.stopping
	}
	h.waiting.removeIf(stopping)
	h.trial.removeIf(stopping)
	h.cell = slices.DeleteFunc(h.cell, stopping)
	h.closeTrial()
}

// verdict says that an event is the cause.
func (h *Host) verdict(k *child, c *call) error {
	return pipeline.Reject(fmt.Errorf("%s died %d times with this event, the last %d of them with no other: %w; %s",
		h.config.Run, c.crime.crashes, c.crime.alone, k.why, k.process.output.last()))
}
