package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPartsInheritWhatIdentifiesTheirMessage(t *testing.T) {
	e := NewEvent("m", []byte(`[{"a":1}]`))
	e.Key, e.Type, e.Time, e.Received = "k", "t", time.Unix(5, 0), time.Unix(6, 0)
	e.SetMeta("x", "1")
	if err := e.CheckJSON(MaxDepth); err != nil {
		t.Fatal(err)
	}
	c := e.Child(3, []byte(`{"a":1}`))
	if c.ID != "m#3" || c.Key != "k" || c.Type != "t" || !c.Time.Equal(e.Time) || !c.Received.Equal(e.Received) || c.Meta("x") != "1" {
		t.Errorf("part %+v", c)
	}
	if !c.Split() || e.Split() || !c.IsJSON() {
		t.Errorf("split %v and %v", c.Split(), e.Split())
	}
	if grandchild := c.ChildValue(0, "v"); grandchild.ID != "m#3#0" || bytesOf(t, grandchild) != `"v"` {
		t.Errorf("part of the part: %+v", grandchild)
	}
}

// A tree of splits; parts are visited depth first.
func depthFirst(rt *rapid.T, e *Event, levels int) []*Event {
	out := []*Event{e}
	if levels == 0 {
		return out
	}
	index := 0
	for range rapid.IntRange(0, 4).Draw(rt, "parts") {
		out = append(out, depthFirst(rt, e.Child(index, nil), levels-1)...)
		index += rapid.SampledFrom([]int{1, 2, 1000}).Draw(rt, "gap")
	}
	return out
}

func TestSeqOrdersNestedPartsDepthFirst(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []*Event
		for number := range rapid.IntRange(1, 3).Draw(rt, "messages") {
			m := NewEvent(fmt.Sprint(number), nil)
			m.Seq.Message = uint64(number)
			all = append(all, depthFirst(rt, m, 3)...)
		}
		ids := map[string]bool{}
		for i, e := range all {
			ids[e.ID] = true
			if i > 0 && all[i-1].Seq.Compare(e.Seq) >= 0 {
				rt.Fatalf("%s (%v) does not come before %s (%v)", all[i-1].ID, all[i-1].Seq, e.ID, e.Seq)
			}
		}
		if len(ids) != len(all) {
			rt.Fatalf("%d events have %d ids", len(all), len(ids))
		}
	})
}

func TestVeryWideSplitsNeverOvertakeTheNextPart(t *testing.T) {
	m := NewEvent("m", nil)
	next := m.Child(1, nil).Seq
	for _, index := range []int{1<<20 - 2, 1 << 20, 1 << 40} {
		if part := m.Child(0, nil).Child(index, nil).Seq; part.Compare(next) >= 0 || part.Compare(m.Child(0, nil).Seq) <= 0 {
			t.Errorf("part %d of the first part is at %v, the second part at %v", index, part, next)
		}
	}
}

func TestACloneCanBeChangedUnnoticed(t *testing.T) {
	for form, e := range payloads(`{"a":"old","b":[1]}`) {
		a := MustPath("body.a")
		e.SetMeta("m", "old")
		_, _ = e.Get(a)
		c := e.Clone()
		c.ID, c.Key = "other", "other"
		c.SetMeta("m", "new")
		if err := c.Set(a, "new"); err != nil {
			t.Fatal(err)
		}
		if err := c.Delete(MustPath("body.b")); err != nil {
			t.Fatal(err)
		}
		if v, _ := e.Get(a); v != "old" || e.Meta("m") != "old" || e.ID != "1" || e.Key != "" {
			t.Errorf("%s: the original has changed: %v, %+v", form, v, e)
		}
		if v, _ := e.Get(MustPath("body.b[0]")); v != int64(1) {
			t.Errorf("%s: the original has lost a field: %v", form, v)
		}
		if v, _ := c.Get(a); v != "new" || c.Meta("m") != "new" {
			t.Errorf("%s: the clone is not as it was set: %v", form, v)
		}
	}
}

// lazyMeta is a MetaSource that has every entry twice and counts how often it
// was asked.
type lazyMeta struct {
	values map[string]string
	asked  int
}

func (l *lazyMeta) Lookup(key string) (string, bool) {
	l.asked++
	v, ok := l.values[key]
	return v, ok
}

func (l *lazyMeta) Each(f func(key, value string)) {
	l.asked++
	for k, v := range l.values {
		f(k, v)
		f(k, "a second "+v)
	}
}

func TestTheNewestMetadataWins(t *testing.T) {
	e := NewEvent("1", nil)
	e.SetMeta("a", "oldest")
	lazy := &lazyMeta{values: map[string]string{"a": "lazy", "b": "lazy", "c": "lazy"}}
	e.AddMeta(lazy)
	e.SetMeta("b", "new")
	if lazy.asked != 0 {
		t.Error("metadata was read before anybody asked")
	}
	child := e.Child(0, nil)
	e.SetMeta("c", "of the parent alone")
	child.SetMeta("d", "of the part alone")
	for _, c := range []struct {
		e    *Event
		want string
	}{
		{e, "a=lazy b=new c=of the parent alone"},
		{child, "a=lazy b=new c=lazy d=of the part alone"},
	} {
		if got := metaText(c.e); got != c.want {
			t.Errorf("%s has %s, want %s", c.e.ID, got, c.want)
		}
		for k, v := range c.e.AllMeta() {
			if got, ok := c.e.LookupMeta(k); got != v || !ok {
				t.Errorf("%s: AllMeta says %s=%s, LookupMeta %s", c.e.ID, k, v, got)
			}
		}
	}
	if v, ok := e.LookupMeta("nope"); v != "" || ok {
		t.Errorf("missing metadata is %q, %v", v, ok)
	}
}

// metaText lists every entry that AllMeta yields, also one that came twice.
func metaText(e *Event) string {
	var parts []string
	for k, v := range e.AllMeta() {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func TestListingMetadataCanBeBrokenOff(t *testing.T) {
	e := NewEvent("1", nil)
	e.AddMeta(&lazyMeta{values: map[string]string{"a": "1", "b": "2", "c": "3"}})
	e.SetMeta("d", "4")
	n := 0
	for range e.AllMeta() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d entries after breaking off at 2", n)
	}
}

func TestHeadersNameTheIdentityAndTheMarks(t *testing.T) {
	e := NewEvent("1", nil)
	e.Key, e.Time = "k", time.Date(2026, 3, 31, 12, 0, 0, 123456789, time.FixedZone("", 7200))
	e.SetMeta(MarkLate, "true")
	e.SetMeta("sns.shopId", "7")
	var got []string
	for k, v := range e.Headers() {
		got = append(got, k+"="+v)
	}
	want := []string{"leat.id=1", "leat.key=k", "leat.time=2026-03-31T10:00:00.123Z", "leat.late=true"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for range e.Headers() {
		break
	}
}
