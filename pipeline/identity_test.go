package pipeline

import (
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
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "-", "-;", "1:", "1:a", "0:", ":", ";", "#", "2:-;"}), rapid.StringOfN(rapid.RuneFrom([]rune("-;:01a")), 0, 4, -1))
	for i := range v {
		if rapid.Bool().Draw(rt, name+" has a value") {
			s := text.Draw(rt, name)
			v[i] = &s
		}
	}
	return v
}

func (v values) equal(o values) bool {
	return slices.EqualFunc(v[:], o[:], func(a, b *string) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) })
}

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
		{`[body.a]`, `{"a":"x"}`, "1:x"},
		{`[body.a, body.b]`, `{}`, "inherited"},
		{`[body.a, body.b]`, `{"b":""}`, "-;0:"},
		{`[body.a, '"fixed"']`, `{}`, "-;5:fixed"},
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
