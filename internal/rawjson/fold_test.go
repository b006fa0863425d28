package rawjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestFoldedPathsMatchEitherCasing(t *testing.T) {
	cases := []struct{ text, path, want string }{
		{`{"NotificationType":1}`, `notificationType`, `1`},
		{`{"a":{"Key":[{"B":1}]}}`, `A.key[0].b`, `1`},
		{`{"A":1,"a":2,"A":3}`, `a`, `2`}, // exact
		{`{"a":2,"A":3,"a":4,"A":5}`, `a`, `4`},
		{`{"AB":1,"aB":2}`, `ab`, `2`}, // the last of the folded
		{`{"Ab":1}`, `abc`, `-`},
		{`{"\u0041\u0042":1}`, `ab`, `1`},
		{`{"\u212a":1}`, `k`, `1`}, // KELVIN SIGN
		{`{"ÉTÉ":1}`, `été`, `1`},
		{`{"ſ":1}`, `S`, `1`},
		{`{"":1}`, `[""]`, `1`},
		{`{"x":1}`, `[""]`, `-`},
		{`[{"A":1}]`, `[0].a`, `1`},
		{`{"` + strings.Repeat("a", 9000) + `":1}`, `a`, `-`},
	}
	for _, c := range cases {
		p, err := ParsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		folded := p.Folded()
		got, ok := folded.Find([]byte(c.text))
		if ok != (c.want != "-") || ok && string(got) != c.want {
			t.Errorf("%s in %s is %s, %v; want %s", p, c.text, got, ok, c.want)
		}
		var f Fields
		f.Index([]byte(c.text))
		if again, found := f.Find(folded); found != ok || string(again) != string(got) {
			t.Errorf("%s in the index of %s is %s, %v; want %s", p, c.text, again, found, c.want)
		}
		if folded.String() != p.String() {
			t.Errorf("%s is written as %s when it is folded", p, folded)
		}
	}
	if _, ok := NewPath("a").Find([]byte(`{"A":1}`)); ok {
		t.Error("a path that was not folded matches another casing")
	}
}

func TestFoldedEdits(t *testing.T) {
	a, ab := NewPath("a").Folded(), NewPath("a", "b").Folded()
	set := func(p Path) func([]byte) []byte {
		return func(b []byte) []byte { b, _ = Set(b, p, []byte("0")); return b }
	}
	remove := func(b []byte) []byte { b, _ = Delete(b, ab); return b }
	rename := func(b []byte) []byte { b, _ = RenameKey(b, a, "New"); return b }
	for _, c := range []struct {
		edit       func([]byte) []byte
		text, want string
	}{
		{set(a), `{"A":1,"x":2}`, `{"A":0,"x":2}`},
		{set(a), `{"A":1,"a":2}`, `{"A":1,"a":0}`},
		{set(ab), `{"A":{"c":1}}`, `{"A":{"c":1,"b":0}}`},
		{set(ab), `{"A":null}`, `{"A":{"b":0}}`},
		{remove, `{"A":{"B":1,"c":2,"b":3}}`, `{"A":{"c":2}}`},
		{rename, `{"A":1,"x":2,"new":3,"a":4}`, `{"x":2,"New":4}`},
	} {
		if got := c.edit([]byte(c.text)); string(got) != c.want {
			t.Errorf("%s became %s, want %s", c.text, got, c.want)
		}
	}
}

func TestFoldedReadsDoNotAllocate(t *testing.T) {
	text, p := []byte(`{"X":{"y":1},"\u0041":{"B":"v"}}`), NewPath("a", "b").Folded()
	var f Fields
	f.Index(text)
	if n := testing.AllocsPerRun(100, func() { p.Find(text); f.Find(p) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// walkFolded is Find of a folded path on what encoding/json reads.
func walkFolded(t *testing.T, b []byte, steps []any) ([]byte, bool) {
	t.Helper()
	for _, s := range steps {
		var found json.RawMessage
		if key, isKey := s.(string); isKey {
			found = foldedChild(t, b, key)
		} else if list := []json.RawMessage{}; json.Unmarshal(b, &list) == nil && s.(int) >= 0 && s.(int) < len(list) {
			found = list[s.(int)]
		}
		if found == nil {
			return nil, false
		}
		b = found
	}
	return b, true
}

func foldedChild(t *testing.T, b []byte, want string) (found json.RawMessage) {
	t.Helper()
	dec, exact := json.NewDecoder(bytes.NewReader(b)), false
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil
	}
	for dec.More() {
		key, _ := dec.Token()
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		switch {
		case key == want:
			found, exact = v, true
		case !exact && strings.EqualFold(key.(string), want):
			found = v
		}
	}
	return found
}

func FuzzFold(f *testing.F) {
	seed(f)
	for _, s := range []string{`{"A":1,"a":{"B":2}}`, `{"A":{"b":1,"B":[1,{"C":2}]},"a":3}`, `{"\u0041":{"\u0042":1}}`, `{"K":1,"K":2}`, `{"A":{"B":1},"A":{"C":2}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if Check(b, 64) != nil {
			NewPath("a", 0).Folded().Find(b)
			return
		}
		var fields Fields
		fields.Index(b)
		for _, p := range fuzzPaths {
			want, exists := walkFolded(t, b, p.Steps())
			folded := p.Folded()
			got, ok := folded.Find(b)
			if ok != exists || ok && !reflect.DeepEqual(reference(t, got), reference(t, want)) {
				t.Fatalf("%s in %q is %q, %v; want %q", p, b, got, ok, want)
			}
			if indexed, ok := fields.Find(folded); ok != exists || !bytes.Equal(indexed, got) {
				t.Fatalf("%s in the index of %q is %q, %v; want %q", p, b, indexed, ok, got)
			}
			fuzzFoldedEdits(t, b, folded)
		}
	})
}

// fuzzFoldedEdits looks at what a reader sees after an edit.
func fuzzFoldedEdits(t *testing.T, b []byte, p Path) {
	t.Helper()
	if set, err := Set(b, p, []byte(`"new"`)); err == nil {
		if got, ok := p.Find(set); Check(set, 80) != nil || !ok || string(got) != `"new"` {
			t.Fatalf("%s set in %q: %q", p, b, set)
		}
	}
	parent, there := findParent(b, p)
	if deleted, ok := Delete(b, p); ok != there || Check(deleted, 64) != nil {
		t.Fatalf("%s deleted from %q: %q, %v", p, b, deleted, ok)
	} else if s := p.steps[max(len(p.steps)-1, 0):]; ok && !s[0].isIndex {
		if v, left := (Path{steps: s}).Find(deleted[parent.start:]); left {
			t.Fatalf("%s deleted from %q leaves %q", p, b, v)
		}
	}
	before, _ := p.Find(b)
	if renamed, ok := RenameKey(b, p, "Renamed"); ok {
		to := Path{steps: append(p.steps[:len(p.steps)-1:len(p.steps)-1], step{key: "renamed"}.folded())}
		if got, ok := to.Find(renamed); Check(renamed, 64) != nil || !ok || !bytes.Equal(got, before) {
			t.Fatalf("%s renamed in %q: %q", p, b, renamed)
		}
	}
}
