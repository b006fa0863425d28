package testfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

func (r *Result) fail(at, what string, lines ...string) {
	r.Failures = append(r.Failures, Failure{At: at, What: what, Lines: lines})
}

// failFinally is fail for what no expectation makes right.
func (r *Result) failFinally(at, what string, lines ...string) {
	r.Failures = append(r.Failures, Failure{at, what, lines, true})
}

// compare looks at everything that came and everything that should have.
func (r *Result) compare(f *File) {
	x := &r.Test.Expect
	for _, sink := range union(r.out, x.out) {
		r.compareSink(f, "sink "+sink, "", x.out[sink], r.out[sink])
	}
	r.compareSink(f, "dead letters", "dead: ", x.dead, r.dead)
	r.compareCounts(f)
}

// compareSink compares what came, in its order, with what was expected.
func (r *Result) compareSink(f *File, where, setting string, want *Expected, came []*got) {
	at := f.at(r.Test.node)
	if want != nil && want.node != nil {
		at = f.at(want.node)
	} else if r.Test.expects != nil {
		at = f.at(r.Test.expects)
	}
	if want == nil {
		want = &Expected{}
	}
	if want.Any {
		return
	}
	for _, p := range align(want.Events, came) {
		switch {
		case p.got == nil:
			r.fail(f.at(p.want.node), where+": expected, and did not come", "- "+p.want.text())
		case p.want == nil:
			r.fail(at, where+": came, and is not expected", "+ "+p.got.text(shownFields(p.got)))
		default:
			if lines := p.want.differences(p.got); len(lines) > 0 {
				r.fail(f.at(p.want.node), fmt.Sprintf("%s: the %s event is another than expected", where, ordinal(p.n)), lines...)
			}
		}
	}
}

// pair is an event that came in the place of one that was expected; either may be missing.
type pair struct {
	n    int // its place among those expected, from 1
	want *Event
	got  *got
}

// align finds the events that are as expected, as many as it can in their order, and pairs
// those in between one by one.
func align(want []*Event, came []*got) (pairs []pair) {
	length := commonLengths(want, came)
	i, j := 0, 0
	var missing []pair
	var extra []*got
	flush := func() {
		for k := 0; k < len(missing) || k < len(extra); k++ {
			switch {
			case k >= len(extra):
				pairs = append(pairs, missing[k])
			case k >= len(missing):
				pairs = append(pairs, pair{got: extra[k]})
			default:
				missing[k].got = extra[k]
				pairs = append(pairs, missing[k])
			}
		}
		missing, extra = nil, nil
	}
	for i < len(want) || j < len(came) {
		switch {
		case i < len(want) && j < len(came) && want[i].is(came[j]):
			flush()
			i, j = i+1, j+1
		case j >= len(came) || i < len(want) && length[i+1][j] >= length[i][j+1]:
			missing = append(missing, pair{n: i + 1, want: want[i]})
			i++
		default:
			extra = append(extra, came[j])
			j++
		}
	}
	flush()
	return pairs
}

// commonLengths is, for what is left of both from each place on, how many can be as
// expected.
func commonLengths(want []*Event, came []*got) [][]int {
	length := make([][]int, len(want)+1)
	for i := range length {
		length[i] = make([]int, len(came)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(came) - 1; j >= 0; j-- {
			if want[i].is(came[j]) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	return length
}

func (e *Event) is(g *got) bool { return len(e.differences(g)) == 0 }

// compareCounts compares the counters that the test names. Messages that went back count
// when it does not name them, too.
func (r *Result) compareCounts(f *File) {
	x := &r.Test.Expect
	for _, name := range slices.Sorted(maps.Keys(x.Counts)) {
		if got := r.count[name]; got != x.Counts[name] {
			r.fail(f.at(x.counts.Get(name)), fmt.Sprintf("counter %s: want %d, got %d", name, x.Counts[name], got), r.counters(name)...)
		}
	}
	if _, named := x.Counts[countReturned]; !named && r.count[countReturned] > 0 {
		r.fail(f.at(r.Test.node), fmt.Sprintf("messages went back to their source %d times, because the flow could neither deliver them nor put them among the dead letters", r.count[countReturned]),
			"expect it with counts: {returned: "+fmt.Sprint(r.count[countReturned])+"}")
	}
}

// counters lists those there are, should there be none of the name.
func (r *Result) counters(name string) []string {
	if _, known := r.count[name]; known {
		return nil
	}
	return []string{"there are: " + strings.Join(slices.Sorted(maps.Keys(r.count)), ", ")}
}

// unsettled says which messages nothing came of.
func (r *Result) unsettled(f *File, run *running, stats pipeline.Stats) {
	for i, in := range r.Test.In {
		for _, s := range run.sent {
			if s.Origin == i && !s.Settled() {
				r.failFinally(f.at(in.node), fmt.Sprintf("message %s is still not settled %s after the last one came", s.ID, Duration(r.Test.For)), fmt.Sprintf("%d in flight, %d held; an event that a sink refuses for ever is given up only with on_error: {retry: {give_up_after: …}}", stats.InFlight, stats.Held))
				return
			}
		}
	}
}

func union(a map[string][]*got, b map[string]*Expected) []string {
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func ordinal(n int) string {
	switch {
	case n%10 == 1 && n%100 != 11:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2 && n%100 != 12:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3 && n%100 != 13:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}
