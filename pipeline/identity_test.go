package pipeline

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"pgregory.net/rapid"
)

func identityOf(t testing.TB, yaml string) Identity {
	t.Helper()
	root, problems := conf.Parse([]conf.Source{{Name: "x", Data: []byte(yaml)}}, func(string) (string, bool) { return "", false }, nil)
	var id Identity
	conf.Decode(root, &id, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return id
}

// values are what three fields hold; nil is null.
type values [3]*string

func (v values) event(rt *rapid.T) *Event {
	members := map[string]any{}
	for i, s := range v {
		if s != nil {
			members[string(rune('a'+i))] = *s
		} else if rapid.Bool().Draw(rt, "null is written") {
			members[string(rune('a'+i))] = nil
		}
	}
	raw, _ := json.Marshal(members)
	return NewEvent("inherited", raw)
}

// drawValues prefers texts that look like pieces of a joined identity.
func drawValues(rt *rapid.T, name string) (v values) {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "|", `\`, `\N`, `\|`, `\\`, "N", `a|\N`}), rapid.StringOfN(rapid.RuneFrom([]rune(`|\Na`)), 0, 4, -1))
	for i := range v {
		if rapid.Bool().Draw(rt, name+" has a value") {
			s := text.Draw(rt, name)
			v[i] = &s
		}
	}
	return v
}

func (v values) equal(o values) bool {
	return slices.EqualFunc(v[:], o[:], sameText)
}

func sameText(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func TestDifferentListsOfPartsGiveDifferentIdentities(t *testing.T) {
	id := identityOf(t, `[body.a, body.b, body.c]`)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawValues(rt, "a"), drawValues(rt, "b")
		idA, errA := id.Of(a.event(rt))
		idB, errB := id.Of(b.event(rt))
		if errA != nil || errB != nil || (idA == idB) != a.equal(b) {
			rt.Fatalf("%s gives %q (%v), %s gives %q (%v)", show(a), idA, errA, show(b), idB, errB)
		}
		if none := (values{}); a.equal(none) != (idA == "inherited") {
			rt.Fatalf("%s gives %q", show(a), idA)
		}
	})
}

func show(v values) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

func TestIdentities(t *testing.T) {
	for _, c := range []struct{ id, body, want string }{
		{`body.a`, `{"a":"x"}`, "x"},
		{`body.a`, `{"a":12}`, "12"},
		{`body.a`, `{"a":null}`, "inherited"},
		{`body.a`, `{}`, "inherited"},
		{`body.a + "/" + body.b`, `{"a":"x"}`, "inherited"},
		{`[body.a]`, `{"a":"x"}`, "x"},
		{`[body.a]`, `{"a":""}`, "inherited"}, // an id that says nothing
		{`body.a`, `{"a":""}`, "inherited"},
		{`[body.a, body.b, body.c]`, `{"a":370724761411111111,"b":"2019-01-22 14:38:00","c":"EMAIL"}`, "370724761411111111|2019-01-22 14:38:00|EMAIL"},
		{`[body.a, body.b]`, `{"a":"x|y\\z","b":" N "}`, `x\|y\\z| N `},
		{`[body.a, body.b]`, `{}`, "inherited"},
		{`[body.a, body.b]`, `{"b":""}`, `\N|`},
		{`[body.a, '"fixed"']`, `{}`, `\N|fixed`},
	} {
		if got, err := identityOf(t, c.id).Of(NewEvent("inherited", []byte(c.body))); got != c.want || err != nil {
			t.Errorf("id: %s of %s is %q, %v; want %q", c.id, c.body, got, err, c.want)
		}
	}
}

func TestIdentitiesThatFailAreErrors(t *testing.T) {
	for _, c := range []struct{ id, body string }{
		{`body.a`, `{`}, {`[body.a]`, `{`}, {`body.a - body.b`, `{"a":"x","b":"y"}`}, {`[body.a + "/" + body.b]`, `{"a":"x"}`},
	} {
		if got, err := identityOf(t, c.id).Of(NewEvent("inherited", []byte(c.body))); err == nil || !Rejected(err) {
			t.Errorf("id: %s of %s is %q, %v", c.id, c.body, got, err)
		}
	}
	if !(Identity{}).IsZero() || identityOf(t, "body.a").IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestAListOfNoPartsIsRefused(t *testing.T) {
	root, problems := conf.Parse([]conf.Source{{Name: "x", Data: []byte("[]")}}, nil, nil)
	conf.Decode(root, new(Identity), problems)
	if problems.Err() == nil {
		t.Error("an empty list is accepted")
	}
}

// Lists of any length give different texts; an empty text stands for the list of
// one empty text, and is no identity.
func TestJoinedListsAreUnambiguous(t *testing.T) {
	ids := map[int]Identity{}
	for n, yaml := range []string{1: `[body.a]`, 2: `[body.a, body.b]`, 3: `[body.a, body.b, body.c]`} {
		if n > 0 {
			ids[n] = identityOf(t, yaml)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		lenA, lenB := rapid.IntRange(1, 3).Draw(rt, "length of a"), rapid.IntRange(1, 3).Draw(rt, "length of b")
		a, b := drawValues(rt, "a"), drawValues(rt, "b")
		idA, errA := ids[lenA].own(a.event(rt))
		idB, errB := ids[lenB].own(b.event(rt))
		if errA != nil || errB != nil {
			rt.Fatal(errA, errB)
		}
		noneA, noneB := a.none(lenA), b.none(lenB)
		same := lenA == lenB && slices.EqualFunc(a[:lenA], b[:lenB], sameText)
		if noneA || noneB {
			return // the inherited id serves
		}
		if (idA == idB) != same {
			rt.Fatalf("%s of %d and %s of %d give %q and %q", show(a), lenA, show(b), lenB, idA, idB)
		}
	})
}

func (v values) none(n int) bool {
	return !slices.ContainsFunc(v[:n], func(s *string) bool { return s != nil })
}

func TestIdentitiesOfEventsWithoutAnyComeFromTheirBytes(t *testing.T) {
	for _, id := range []string{`body.a`, `[body.a, body.b]`, `body.a + body.b`} {
		x := identityOf(t, id)
		one, err := x.Of(NewEvent("", []byte(`{"c":1}`)))
		again, _ := x.Of(NewEvent("", []byte(`{"c":1}`)))
		other, _ := x.Of(NewEvent("", []byte(`{"c":2}`)))
		if err != nil || len(one) != 32 || again != one || other == one {
			t.Errorf("id: %s gives %s, %s and %s, %v", id, one, again, other, err)
		}
	}
}

func TestJoiningAllocatesOnlyTheIdentity(t *testing.T) {
	id, e := identityOf(t, `[body.a, body.b]`), NewEvent("", []byte(`{"a":"x|y","b":null}`))
	if n := testing.AllocsPerRun(100, func() { _, _ = id.Of(e) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func TestDigestsTellTypesApart(t *testing.T) {
	digest := func(id, kind string) Digest { return (&Event{ID: id, Type: kind}).Digest() }
	plain := sha256.Sum256([]byte("a"))
	if digest("a", "") != DigestOf("a") || digest("a", "t") == digest("a", "") || digest("a", "bc") == digest("ab", "c") ||
		digest("a", "t") == digest("at", "") || digest("a", "t") == digest("a", "u") ||
		digest("a", "t") == digest(string(plain[:]), "t") {
		t.Error("digests do not tell ids and types apart")
	}
	e := &Event{ID: "0123456789", Type: "ANY_OFFER_CHANGED"}
	if n := testing.AllocsPerRun(100, func() { e.Digest() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
