package main

import (
	"fmt"
	"time"
)

// verdict is what can be said of the arrivals.
type verdict struct {
	lost       int
	again      int // arrived more than once, and not because the receiver said it had not
	unsaid     int // arrived again because of that
	violations int // came after a later one of their key, and say nothing of it
	exposed    int // of these, those whose number is lower than one that was there before
	late       int
	unordered  int
	forced     int
	gaps       int
	overlaps   int
	examples   []string
}

// hidden are violations that a receiver could not have known by their number.
func (v *verdict) hidden() int { return v.violations - v.exposed }

// line is what arrived of a key.
type line struct {
	latest time.Time // of those that claim to be in order
	by     string
	order  int64
}

// judge compares what was sent with what arrived, in the order of arrival.
func judge(facts []fact, arrivals []arrival) *verdict {
	v := &verdict{}
	seen, lines := map[string]*arrival{}, map[string]*line{}
	for i := range arrivals {
		a := &arrivals[i]
		l := lines[a.key]
		if l == nil {
			l = &line{}
			lines[a.key] = l
		}
		if before := seen[a.id]; before == nil {
			v.first(a, l)
		} else if before.unsaid {
			v.unsaid++
		} else {
			v.again++
		}
		l.order = max(l.order, a.order)
		seen[a.id] = a
	}
	for _, f := range facts {
		if seen[f.id] == nil {
			v.lost++
			v.example("%s of %s is lost", f.id, f.key)
		}
	}
	return v
}

// first judges the first arrival of an event. A tie is in order whoever comes first.
func (v *verdict) first(a *arrival, l *line) {
	v.late += one(a.late)
	v.unordered += one(a.unordered)
	v.forced += one(a.forced)
	v.gaps += one(a.gap)
	v.overlaps += one(a.overlaps)
	marked := a.late || a.unordered || a.forced
	switch {
	case a.at.Before(l.latest) && !marked:
		v.violations++
		v.exposed += one(a.order < l.order)
		v.example("%s of %s (%s, number %d) came after %s (%s, number %d)", a.id, a.key, a.at.Format(time.TimeOnly), a.order, l.by, l.latest.Format(time.TimeOnly), l.order)
	case a.at.After(l.latest) && !a.unordered:
		l.latest, l.by = a.at, a.id
	}
}

func (v *verdict) example(format string, args ...any) {
	if len(v.examples) < 10 {
		v.examples = append(v.examples, fmt.Sprintf(format, args...))
	}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
