package sqs

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestADueListStaysInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l dueList
		var in []*entry
		at := func(s int) time.Time { return time.Unix(int64(s), 0) }
		for _, s := range rapid.SliceOfN(rapid.IntRange(-20, 100), 1, 60).Draw(t, "dues") {
			if s < 0 && len(in) > 0 { // one in the middle is taken out
				i := -s % len(in)
				in[i].unlink()
				in = slices.Delete(in, i, i+1)
				continue
			}
			e := &entry{}
			l.insert(e, at(s))
			in = append(in, e)
		}
		slices.SortStableFunc(in, func(a, b *entry) int { return a.due.Compare(b.due) })
		if got := l.take(at(1000), nil); !slices.Equal(got, in) || l.oldest != nil || l.newest != nil {
			t.Fatalf("%d of %d entries came out, or in another order", len(got), len(in))
		}
	})
}
