package host

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// pace is how often a plugin is looked at.
type pace struct {
	ping    time.Duration // between two questions whether it lives
	silence time.Duration // how long it may take to answer that
	look    time.Duration // at whether its file has changed
	first   time.Duration // the pause before the second attempt to start it again
	longest time.Duration // the longest one
}

var defaultPace = pace{ping: 5 * time.Second, silence: 10 * time.Second, look: time.Second, first: 100 * time.Millisecond, longest: 30 * time.Second}

// alive is what is known of whether a plugin answers.
type alive struct {
	at  *atomic.Pointer[time.Time] // when the last question was asked that it answered
	ask chan struct{}              // asks at once
}

func newAlive() alive {
	return alive{new(atomic.Pointer[time.Time]), make(chan struct{}, 1)}
}

// since reports whether the plugin has answered a question that was asked after t.
func (a alive) since(t time.Time) bool {
	at := a.at.Load()
	return at != nil && at.After(t)
}

// listen asks the plugin again and again whether it lives, and ends one that does not
// answer.
func (k *child) listen(over context.Context) {
	pace := k.host.pace
	for {
		select {
		case <-k.alive.ask:
		case <-time.After(pace.ping):
		case <-over.Done():
			return
		}
		asked := time.Now()
		ctx, cancel := context.WithTimeout(over, pace.silence)
		err := k.ping(ctx)
		cancel()
		switch {
		case over.Err() != nil:
			return
		case err == nil:
			k.alive.at.Store(&asked)
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			k.die(fmt.Errorf("it does not answer any more (for %s)", pace.silence))
		default:
			k.die(k.broken(err))
		}
	}
}

// patience is how much longer an event that is under suspicion may take.
const patience = 10

// mind looks at whether the time of events is up, and at the memory of the plugin.
func (k *child) mind(over context.Context) {
	tick := time.NewTicker(min(max(k.host.config.Timeout/4, 5*time.Millisecond), 250*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-over.Done():
			return
		case now := <-tick.C:
			k.checkTimes(now)
			k.checkCredits(now)
			k.checkSending(now)
			k.checkMemory()
		}
	}
}

// checkTimes tells the plugin which events are given up. Their callers get them back once
// it is clear that the plugin lives: if it does not, one of them may be the cause.
func (k *child) checkTimes(now time.Time) {
	h := k.host
	h.mu.Lock()
	defer h.mu.Unlock()
	for seq, c := range k.sent {
		switch {
		case !c.overdue.IsZero():
			if k.alive.since(c.overdue) {
				k.giveUp(c)
				c.finish(nil, h.tooLong(c))
			}
		case now.Sub(c.sent) > h.timeout(c):
			c.overdue = now
			h.options.Count("timeouts")
			k.cancelled = append(k.cancelled, seq)
			k.askNow()
		}
	}
	k.signal()
}

// timeout is how long the plugin may take for an event.
func (h *Host) timeout(c *call) time.Duration {
	if c.patient {
		return patience * h.config.Timeout
	}
	return h.config.Timeout
}

func (h *Host) tooLong(c *call) error {
	return fmt.Errorf("the plugin took longer than %s (timeout)", h.timeout(c))
}

// checkCredits ends a plugin that could be given events, has nothing else to do and does
// not take any.
func (k *child) checkCredits(now time.Time) {
	h := k.host
	h.mu.Lock()
	starves := k.credits == 0 && len(k.sent) == 0 && k == h.current && h.waiting.len()+h.trial.len() > 0
	if !starves {
		k.starved = time.Time{}
	} else if k.starved.IsZero() {
		k.starved = now
	}
	since := k.starved
	h.mu.Unlock()
	if starves && now.Sub(since) > max(h.config.Timeout, time.Second) {
		k.die(fmt.Errorf("it has not allowed a single event to be sent for %s", now.Sub(since).Round(time.Second)))
	}
}

// checkSending ends a plugin that allows events and does not read them: those behind them
// would wait for ever, as the time of an event begins when it is sent.
func (k *child) checkSending(now time.Time) {
	k.host.mu.Lock()
	since := k.sending
	k.host.mu.Unlock()
	if !since.IsZero() && now.Sub(since) > max(k.host.config.Timeout, k.host.pace.silence) {
		k.die(fmt.Errorf("it has not read what was sent to it for %s", now.Sub(since).Round(time.Second)))
	}
}

func (k *child) askNow() {
	select {
	case k.alive.ask <- struct{}{}:
	default:
	}
}

func (k *child) checkMemory() {
	limit := k.host.config.Memory
	if limit == 0 {
		return
	}
	if used := residentMemory(k.process.pid); used > int64(limit) {
		k.die(fmt.Errorf("it used %s of memory, and may use %s", conf.Size(used), limit))
	}
}
