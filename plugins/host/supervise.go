package host

import (
	"time"

	"github.com/leat-io/leat/internal/backoff"
)

// supervise sees to it that there is always a process, until the host is closed.
func (h *Host) supervise(k *child) {
	failures := 0
	for {
		select {
		case <-k.gone:
			if h.closing.Err() != nil {
				return
			}
			failures = h.noteDeath(k, failures)
			if k = h.restart(&failures); k == nil {
				return
			}
		case c := <-h.fresh:
			old := k
			k = h.employ(c)
			old.retire()
		case <-h.closing.Done():
			k.retire()
			<-k.gone
			return
		}
	}
}

// noteDeath logs a death, and counts those of processes that got nothing done, one after
// another. One that leaves fewer suspects does not count, but neither does it show that
// the plugin works.
func (h *Host) noteDeath(k *child, failures int) int {
	h.mu.Lock()
	got, narrowed := k.answered > 0, len(k.sent) > 1
	h.mu.Unlock()
	h.log.Warn("the plugin died", "pid", k.process.pid, "why", k.why, "output", k.process.output.last())
	switch {
	case got:
		return 0
	case narrowed:
		return failures
	}
	return failures + 1
}

// storm is after how many vain attempts it is said that the flow stands still.
const storm = 5

// restart starts the plugin again, as often as it takes; nil: the host is closed. The
// first attempt comes at once. When its file changes meanwhile, what is in it now has
// been started already.
func (h *Host) restart(failures *int) *child {
	for {
		c, open := h.pause(*failures)
		if !open {
			return nil
		}
		var err error
		if c == nil {
			c, err = h.connect(h.closing)
		}
		if err == nil {
			h.options.Count("restarts")
			h.log.Info("the plugin was started again", "pid", c.process.pid, "about", c.about)
			return h.employ(c)
		}
		if h.closing.Err() != nil {
			return nil
		}
		*failures++
		h.log.Warn("the plugin cannot be started", "attempts", *failures, "error", err)
	}
}

// pause waits before another attempt, or until a replacement has been started; false: the
// host is closed.
func (h *Host) pause(failures int) (*connection, bool) {
	if failures == 0 {
		return nil, h.closing.Err() == nil
	}
	d := backoff.Doubled(h.pace.first, h.pace.longest, failures)
	if failures >= storm {
		h.log.Error("the plugin dies again and again without handling an event: its events wait until it works", "next_attempt_in", d.String())
	}
	select {
	case c := <-h.fresh:
		return c, true
	case <-time.After(d):
		return nil, true
	case <-h.closing.Done():
		return nil, false
	}
}
