package samplefeed

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// first is when the first parcel is handed in: a summer's day, whose clocks go one way.
var first = time.Date(2025, 6, 12, 6, 0, 0, 0, time.UTC)

// history returns events in the order in which they happen: each parcel or order takes
// its steps one after another, while others take theirs.
func history(random *rand.Rand, steps []step, count int) (events []event) {
	for subject := 0; len(events) < count; subject++ {
		at := first.Add(time.Duration(random.IntN(3*24*3600)) * time.Second)
		for n, s := range steps {
			if len(events) == count {
				break
			}
			events = append(events, event{step: s, subject: subject, n: n, at: at})
			at = at.Add(time.Duration(60+random.IntN(5*3600)) * time.Second)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for i := range events {
		events[i].i = i
	}
	return events
}

// untidy returns events in the order in which they arrive: each up to delay places late,
// and with copies one in ten once more.
func untidy(random *rand.Rand, events []event, delay int, copies bool) []event {
	type arrival struct {
		event
		place int
	}
	var all []arrival
	for i, e := range events {
		all = append(all, arrival{e, i + random.IntN(delay+1)})
		if copies && random.IntN(10) == 0 {
			all = append(all, arrival{e, i + random.IntN(delay+1)})
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Compare(a.place, b.place) })
	out := make([]event, len(all))
	for i, a := range all {
		out[i] = a.event
	}
	return out
}

// outOfOrder counts events that come after a later one of the same subject.
func outOfOrder(arrivals []event) (count int) {
	latest := map[int]int{}
	for _, e := range arrivals {
		if n, there := latest[e.subject]; there && e.n < n {
			count++
		} else {
			latest[e.subject] = e.n
		}
	}
	return count
}
