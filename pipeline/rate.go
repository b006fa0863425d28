package pipeline

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// Rate is a number of events in a time, such as 10/s or 600/m. Zero: no limit.
type Rate struct {
	N   int
	Per time.Duration
}

// UnmarshalText reads 10/s, 600/m, 5000/h.
func (r *Rate) UnmarshalText(b []byte) error {
	n, unit, _ := strings.Cut(string(b), "/")
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	count, err := strconv.Atoi(n)
	if err != nil || count < 1 || per == 0 {
		return errors.New("want a rate such as 10/s, 600/m or 5000/h")
	}
	*r = Rate{count, per}
	return nil
}

// pacer spaces calls evenly.
type pacer struct {
	clock    Clock
	interval time.Duration

	mu   sync.Mutex
	next time.Time
}

// wait returns when the caller may go on, in the order of the calls.
func (p *pacer) wait(ctx context.Context, stop <-chan struct{}) error {
	p.mu.Lock()
	now := p.clock.Now()
	if p.next.Before(now) {
		p.next = now
	}
	d := p.next.Sub(now)
	p.next = p.next.Add(p.interval)
	p.mu.Unlock()
	if !Sleep(ctx, p.clock, d, stop) {
		return stopCause(ctx)
	}
	return nil
}

// Shape says what a rate is read from.
func (Rate) Shape() conf.Shape {
	return conf.Shape{Word: "rate such as 10/s", Pattern: `^[0-9]+/[smh]$`}
}

// String returns the rate as it is written.
func (r Rate) String() string {
	units := map[time.Duration]string{time.Second: "s", time.Minute: "m", time.Hour: "h"}
	return strconv.Itoa(r.N) + "/" + units[r.Per]
}
