package spool

import (
	"slices"
	"sort"
)

// span is the numbers from first to last.
type span struct{ first, last uint64 }

// ranges is a set of numbers. It takes 16 bytes for each run of numbers that
// follow one another, so that what lies between settled records counts and not
// how many there are.
type ranges struct {
	spans []span // sorted; neither overlapping nor touching
	total uint64 // how many numbers they hold
}

// add adds the numbers of a span.
func (r *ranges) add(s span) {
	// The spans from lo up to hi overlap or touch the new one.
	lo := sort.Search(len(r.spans), func(i int) bool { return r.spans[i].last+1 >= s.first })
	hi := lo
	for hi < len(r.spans) && r.spans[hi].first <= s.last+1 {
		s.first, s.last = min(s.first, r.spans[hi].first), max(s.last, r.spans[hi].last)
		r.total -= r.spans[hi].size()
		hi++
	}
	r.total += s.size()
	r.spans = slices.Replace(r.spans, lo, hi, s)
}

func (s span) size() uint64 { return s.last - s.first + 1 }

// has reports whether a number is in the set.
func (r *ranges) has(number uint64) bool { return r.firstMissing(number) != number }

// covers reports whether all numbers from first up to, but without, end are.
func (r *ranges) covers(first, end uint64) bool { return first >= end || r.firstMissing(first) >= end }

// firstMissing returns the first number from the given one on that is not.
func (r *ranges) firstMissing(from uint64) uint64 {
	i := sort.Search(len(r.spans), func(i int) bool { return r.spans[i].last >= from })
	if i < len(r.spans) && r.spans[i].first <= from {
		return r.spans[i].last + 1
	}
	return from
}

// missing calls f with the spans that the set lacks from first up to, but without,
// end.
func (r *ranges) missing(first, end uint64, f func(span)) {
	for at := r.firstMissing(first); at < end; {
		i := sort.Search(len(r.spans), func(i int) bool { return r.spans[i].first > at })
		to := end
		if i < len(r.spans) {
			to = min(end, r.spans[i].first)
		}
		f(span{at, to - 1})
		at = r.firstMissing(to)
	}
}

// keep forgets the numbers below first, and those from end on.
func (r *ranges) keep(first, end uint64) {
	var kept []span
	r.total = 0
	for _, s := range r.spans {
		s.first, s.last = max(s.first, first), min(s.last, end-1)
		if s.first <= s.last && end > first {
			kept = append(kept, s)
			r.total += s.size()
		}
	}
	r.spans = kept
}
