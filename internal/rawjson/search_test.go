package rawjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestNamesAreFoundAnywhere(t *testing.T) {
	for _, c := range []struct{ text, names, want string }{
		{`{"SellerId":"S"}`, `sellerid`, `"S"`},
		{`{"x":{"Id":1},"id":2}`, `ID`, `2`},             // the shallowest
		{`{"x":{"id":1},"y":{"id":2}}`, `id`, `1`},       // then the first
		{`{"x":[[{"id":1}]],"y":[{"id":2}]}`, `id`, `2`}, // arrays are levels too
		{`{"ID":1,"id":2}`, `id`, `1`},
		{`{"id":null,"x":{"id":{"id":[]}},"y":{"z":{"id":7.50}}}`, `id`, `7.50`},
		{`{"a":"","b":{"a":"x"}}`, `a`, `""`},
		{`{"a":1,"b":{"c":true}}`, `c b a d a`, `true - 1 - 1`},
		{`{"a":1,"a":2}`, `a`, `2`},
		{`{"a":1,"A":3,"a":null}`, `a`, `3`},
		{`{"x":{"a":1},"x":{"b":2}}`, `a b`, `- 2`},
		{`{"x":{"a":1},"\u0078":2}`, `a`, `-`},
		{`{"\u0078":{"a":1},"x":2}`, `a`, `-`},
		{`{"\u0078":{"a":1},"x\u0078":2}`, `a`, `1`},
		{`{"\u0041":"\u0042"}`, `a`, `"\u0042"`},
		{`[{"a":1}]`, `a`, `1`},
		{`"a"`, `a`, `-`},
		{`{}`, `a`, `-`},
		{strings.Repeat(`{"x":`, 63) + `{"a":1}` + strings.Repeat(`}`, 63), `a`, `1`},
		{strings.Repeat(`{"x":`, 64) + `{"a":1}` + strings.Repeat(`}`, 64), `a`, `-`}, // too deep
		{`[` + strings.Repeat(`[],`, 9_998) + `{"a":1},{"b":1}]`, `a b`, `1 -`},       // too many
	} {
		got := NewNames(strings.Fields(c.names)...).Find(nil, []byte(c.text))
		if text := showFound(got); text != c.want {
			t.Errorf("%s in %.80s are %s, want %s", c.names, c.text, text, c.want)
		}
	}
}

func showFound(found [][]byte) string {
	texts := make([]string, len(found))
	for i, v := range found {
		if texts[i] = "-"; v != nil {
			texts[i] = string(v)
		}
	}
	return strings.Join(texts, " ")
}

func TestSearchAppends(t *testing.T) {
	text := []byte(`{"a":1,"b":2}`)
	found := NewNames("a").Find([][]byte{{'x'}}, text)
	_ = append(found[1], "overwritten"...)
	if showFound(found) != "x 1" || string(text) != `{"a":1,"b":2}` {
		t.Errorf("%s, %s", showFound(found), text)
	}
}

// An object full of one name must not cost the square of its size. (Without the
// look-up this test takes minutes.)
func TestHostileObjectsAreSearchedInOnePass(t *testing.T) {
	text := []byte(`{` + strings.Repeat(`"a":1,"A":null,"x":{},`, 50_000) + `"a":null,"x":1}`)
	if found := NewNames("a", "A", "b").Find(nil, text); showFound(found) != "- - -" {
		t.Errorf("found %s", showFound(found))
	}
}

// searchModel is Names.Find of one name on values that keep the order of members,
// of which the last of duplicates counts.
func searchModel(t *testing.T, b []byte, name string) json.RawMessage {
	t.Helper()
	for level := []json.RawMessage{b}; len(level) > 0; {
		var next []json.RawMessage
		for _, v := range level {
			keys, values := childrenOf(t, v)
			for i, child := range values {
				kind := KindOf(child)
				if i < len(keys) && strings.EqualFold(keys[i], name) && kind != Object && kind != Array && kind != Null {
					return child
				}
				next = append(next, child)
			}
		}
		level = next
	}
	return nil
}

// childrenOf returns the values in an object, with their keys, or in an array.
func childrenOf(t *testing.T, b []byte) (keys []string, values []json.RawMessage) {
	t.Helper()
	switch KindOf(b) {
	case Array:
		if err := json.Unmarshal(b, &values); err != nil {
			t.Fatal(err)
		}
	case Object:
		var last map[string]json.RawMessage
		if err := json.Unmarshal(b, &last); err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for k := range Members(b) {
			count[Text(k)]++
		}
		for k, v := range Members(b) {
			key := Text(k)
			if count[key]--; count[key] == 0 {
				if !bytes.Equal(Compact(nil, v), Compact(nil, last[key])) {
					t.Fatalf("%s of %s is not %s", key, b, v)
				}
				keys, values = append(keys, key), append(values, v)
			}
		}
	}
	return keys, values
}

func FuzzSearch(f *testing.F) {
	seed(f)
	for _, s := range []string{`{"x":{"a":1,"b":[{"C":2}]},"A":null,"k":{"c":{"a":3}}}`, `{"b":{"a":1},"b":{"\u0041":2}}`, `{"a":{"a":{"a":1}},"a":[{"a":"2"}]}`} {
		f.Add([]byte(s))
	}
	var many bytes.Buffer
	for i := range 60 {
		fmt.Fprintf(&many, `"k%d":{"a":%d},`, i%50, i)
	}
	f.Add([]byte(`{` + many.String() + `"k0":1}`))
	names := []string{"a", "B", "c", "k", "", "\ufffd", "a"}
	f.Fuzz(func(t *testing.T, b []byte) {
		found := NewNames(names...).Find(nil, b)
		if Check(b, maxLevels-1) != nil || bytes.Count(b, []byte("{"))+bytes.Count(b, []byte("[")) > maxContainers {
			return
		}
		for i, name := range names {
			if want := searchModel(t, b, name); !bytes.Equal(found[i], bytes.TrimSpace(want)) || (found[i] == nil) != (want == nil) {
				t.Fatalf("%q in %q is %q, want %q", name, b, found[i], want)
			}
		}
	})
}
