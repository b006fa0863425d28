package spool

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRangesAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r ranges
		model := map[uint64]bool{}
		for range rapid.IntRange(1, 40).Draw(t, "n") {
			first := rapid.Uint64Range(1, 60).Draw(t, "first")
			s := span{first, first + rapid.Uint64Range(0, 6).Draw(t, "more")}
			r.add(s)
			for n := s.first; n <= s.last; n++ {
				model[n] = true
			}
			if rapid.IntRange(0, 9).Draw(t, "keep") == 0 {
				first, end := rapid.Uint64Range(1, 70).Draw(t, "first"), rapid.Uint64Range(1, 70).Draw(t, "end")
				r.keep(first, end)
				for n := range model {
					if n < first || n >= end {
						delete(model, n)
					}
				}
			}
			compareRanges(t, &r, model)
		}
	})
}

func compareRanges(t *rapid.T, r *ranges, model map[uint64]bool) {
	if r.total != uint64(len(model)) {
		t.Fatalf("total %d, want %d: %v", r.total, len(model), r.spans)
	}
	missing := map[uint64]bool{}
	r.missing(1, 80, func(m span) {
		for n := m.first; n <= m.last; n++ {
			missing[n] = true
		}
	})
	for n := uint64(1); n < 80; n++ {
		if r.has(n) != model[n] || missing[n] == model[n] {
			t.Fatalf("%d: has %v, missing %v, want %v: %v", n, r.has(n), missing[n], model[n], r.spans)
		}
		end := n
		for model[end] {
			end++
		}
		if r.firstMissing(n) != end || !r.covers(n, end) || r.covers(n, end+1) {
			t.Fatalf("%d: %v", n, r.spans)
		}
	}
	for i := 1; i < len(r.spans); i++ {
		if r.spans[i].first <= r.spans[i-1].last+1 {
			t.Fatal("spans touch:", r.spans)
		}
	}
}
