package main

import (
	"testing"
	"time"
)

func at(second int) time.Time { return time.Date(2026, 3, 1, 12, 0, second, 0, time.UTC) }

func TestJudge(t *testing.T) {
	facts := []fact{{id: "a", key: "k"}, {id: "b", key: "k"}, {id: "c", key: "k"}, {id: "x", key: "other"}}
	a, b, c := arrival{id: "a", key: "k", at: at(1), order: 1}, arrival{id: "b", key: "k", at: at(2), order: 2}, arrival{id: "c", key: "k", at: at(2), order: 3}
	x := arrival{id: "x", key: "other", at: at(0), order: 1}
	with := func(a arrival, change func(*arrival)) arrival { change(&a); return a }
	cases := []struct {
		name     string
		arrivals []arrival
		want     verdict
	}{
		{"in order", []arrival{a, b, c, x}, verdict{}},
		{"a tie the other way round", []arrival{a, c, b, x}, verdict{}},
		{"one is missing", []arrival{a, c, x}, verdict{lost: 1}},
		{"out of order", []arrival{b, with(a, func(a *arrival) { a.order = 9 }), c, x}, verdict{violations: 1}},
		{"out of order, as its number shows", []arrival{b, a, c, x}, verdict{violations: 1, exposed: 1}},
		{"late", []arrival{b, with(a, func(a *arrival) { a.late = true }), c, x}, verdict{late: 1}},
		{"an unordered one makes nobody late", []arrival{with(b, func(a *arrival) { a.unordered = true }), a, c, x}, verdict{unordered: 1}},
		{"a second arrival is no matter of order", []arrival{a, b, c, a, x}, verdict{again: 1}},
		{"a second arrival that was asked for", []arrival{with(a, func(a *arrival) { a.unsaid = true }), a, b, c, x}, verdict{unsaid: 1}},
	}
	for _, c := range cases {
		got := judge(facts, c.arrivals)
		got.examples = nil
		if !equal(got, &c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, *got, c.want)
		}
	}
}

func equal(a, b *verdict) bool {
	return a.lost == b.lost && a.violations == b.violations && a.exposed == b.exposed && a.late == b.late &&
		a.unordered == b.unordered && a.again == b.again && a.unsaid == b.unsaid
}
