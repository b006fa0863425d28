package prove

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Schedule is all that happens to a flow from outside.
type Schedule struct {
	// Arrivals are messages that come, in their order.
	Arrivals []Arrival
	// Crashes are kills of the process.
	Crashes []Crash
	// Outages are times in which a sink fails.
	Outages []Outage
	// Slow: sinks and the state store take their time, as chance has it.
	Slow bool
	// Chance is what everything else hangs on: jitter, and how slow things are.
	Chance uint64
}

// Arrival is a message that comes at a time since the start.
type Arrival struct {
	Message int // which of those that there are
	At      time.Duration
}

// Crash is the kill of a process, at one of the points at which something outside of it
// changes: the nth from its start on. Down is how long it takes to be started again.
type Crash struct {
	Point   int
	Down    time.Duration
	Replica int // which of those that run
}

// Outage is a time in which a sink fails.
type Outage struct {
	Sink     int // which of those of the file
	From, To time.Duration
}

// draw makes a schedule by chance. Messages come about in the order of their events, each as
// late as the flow waits, or later, and some of them again.
func (p *prover) draw(r *rand.Rand) *Schedule {
	s := &Schedule{Chance: r.Uint64(), Slow: r.IntN(4) > 0}
	most := min(len(p.messages), 4+r.IntN(20))
	for _, m := range r.Perm(len(p.messages))[:most] {
		at := p.messages[m].offset + p.upTo(r, p.window*5/8) // the flow waits for half of the window
		s.Arrivals = append(s.Arrivals, Arrival{m, at})
		for r.IntN(4) == 0 {
			at += p.upTo(r, p.window)
			s.Arrivals = append(s.Arrivals, Arrival{m, at})
		}
	}
	s.sort()
	for range r.IntN(4) {
		s.Crashes = append(s.Crashes, Crash{1 + r.IntN(4*len(s.Arrivals)+4), time.Duration(r.IntN(60)) * time.Second, r.IntN(replicasOf)})
	}
	for range r.IntN(3) {
		from := p.upTo(r, 2*p.window)
		s.Outages = append(s.Outages, Outage{r.IntN(max(1, len(p.sinks))), from, from + p.upTo(r, max(p.window, time.Minute))})
	}
	return s
}

func (p *prover) upTo(r *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(r.Int64N(int64(d) + 1)).Round(max(time.Millisecond, d/1000))
}

func (s *Schedule) sort() {
	slices.SortStableFunc(s.Arrivals, func(a, b Arrival) int { return int(a.At - b.At) })
}

func (s *Schedule) clone() *Schedule {
	c := *s
	c.Arrivals, c.Crashes, c.Outages = slices.Clone(s.Arrivals), slices.Clone(s.Crashes), slices.Clone(s.Outages)
	return &c
}

// simplest lists schedules that have one or two of the messages and nothing else that goes
// wrong, then those of one message and one crash, if there is more in this one.
func (s *Schedule) simplest() (list []*Schedule) {
	if len(s.Arrivals) < 3 && len(s.Crashes)+len(s.Outages) < 2 {
		return nil
	}
	for i, a := range s.Arrivals {
		list = append(list, &Schedule{Arrivals: []Arrival{{a.Message, 0}}})
		for _, b := range s.Arrivals[i+1:] {
			list = append(list, &Schedule{Arrivals: []Arrival{{a.Message, 0}, {b.Message, b.At - a.At}}})
		}
	}
	if len(s.Crashes) == 0 {
		return list
	}
	for _, a := range s.Arrivals {
		for point := 1; point <= pointsOfOne; point++ {
			list = append(list, &Schedule{Arrivals: []Arrival{{a.Message, 0}}, Crashes: []Crash{{Point: point, Down: time.Second}}})
		}
	}
	return list
}

// pointsOfOne is about how many points one message has at which its process may be killed.
const pointsOfOne = 10

// smaller lists schedules that are this one with less in it, those with much less first.
func (s *Schedule) smaller() (list []*Schedule) {
	change := func(f func(c *Schedule)) {
		c := s.clone()
		f(c)
		list = append(list, c)
	}
	if len(s.Crashes)+len(s.Outages) > 1 {
		change(func(c *Schedule) { c.Crashes, c.Outages = nil, nil })
	}
	for size := len(s.Arrivals) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(s.Arrivals); i += size {
			change(func(c *Schedule) { c.Arrivals = slices.Delete(c.Arrivals, i, i+size) })
		}
	}
	for i := range s.Crashes {
		change(func(c *Schedule) { c.Crashes = slices.Delete(c.Crashes, i, i+1) })
	}
	for i := range s.Outages {
		change(func(c *Schedule) { c.Outages = slices.Delete(c.Outages, i, i+1) })
	}
	if s.Slow {
		change(func(c *Schedule) { c.Slow = false })
		list = append(list, s.otherwiseSlow()...)
	}
	return list
}

// otherwiseSlow lists schedules of a few messages with one less, in which other things take
// long: how long they take hangs on what came before.
func (s *Schedule) otherwiseSlow() (list []*Schedule) {
	for i := range s.Arrivals {
		for chance := uint64(1); chance <= 4 && len(s.Arrivals) <= 5; chance++ {
			c := s.clone()
			c.Arrivals, c.Chance = slices.Delete(c.Arrivals, i, i+1), s.Chance+chance
			list = append(list, c)
		}
	}
	return list
}

// sooner lists schedules in which the first message comes at once, and outages are short.
func (s *Schedule) sooner() (list []*Schedule) {
	if len(s.Arrivals) > 0 && s.Arrivals[0].At > 0 {
		c := s.clone()
		first := s.Arrivals[0].At
		for i := range c.Arrivals {
			c.Arrivals[i].At -= first
		}
		for i := range c.Outages {
			c.Outages[i].From, c.Outages[i].To = max(0, c.Outages[i].From-first), max(0, c.Outages[i].To-first)
		}
		list = append(list, c)
	}
	for i, o := range s.Outages {
		if length := o.To - o.From; length > time.Second {
			c := s.clone()
			c.Outages[i].To = o.From + length/2
			list = append(list, c)
		}
	}
	return list
}

// points lists schedules in which a crash comes at another point: without other messages
// the one that matters is another.
func (s *Schedule) points() (list []*Schedule) {
	for i, crash := range s.Crashes {
		for point := 1; point < min(crash.Point, 40); point++ {
			c := s.clone()
			c.Crashes[i].Point = point
			list = append(list, c)
		}
	}
	return list
}
