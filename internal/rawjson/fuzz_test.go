package rawjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// The fuzz targets hold this package against encoding/json.

const fuzzDepth = 8

var fuzzSeeds = []string{
	``, ` `, `null`, `true`, `fals`, `0`, `-0`, `01`, `1.`, `-1.5e+10`, `1e400`, `123456789012345678901234567890`,
	`""`, `"a\u0041\n\/"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx\ude00"`, `"\ud83d\u0041"`, `"\u12"`, `"\x"`, "\"\x01\"", "\"\xff\"", `"é世界"`,
	`[]`, `[ ]`, `[1,2 , [3]]`, `[1,]`, `[1 2]`, `{}`, `{ }`, `{"a":1}`, `{"a":{"b":[1,{"c":null}]}}`, `{"a":1,"a":2}`,
	`{"a":{"b":1},"a":{"c":2}}`, `{"\u0061":1,"a.b":2,"":3}`, ` { "a" : 1 , "b" : [ true , "x" ] } `, `{"a":1,}`, `{"a" 1}`, `{a:1}`,
	`{"a":null,"k":"]}\\\"{["}`, `[[[[[[[[1]]]]]]]]`, `[[[[[[[[[1]]]]]]]]]`, `{"a":1} x`, "\ufeff1", `{"aaaaaaaaaaaaaaaaaaaaa":"bbbbbbbbbbbbb\"bbbbbbbbbbbb"}`,
}

func seed(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
}

func FuzzCheck(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		want := json.Valid(b) && utf8.Valid(b) && depthOf(b) <= fuzzDepth
		err := Check(b, fuzzDepth)
		if (err == nil) != want {
			t.Fatalf("Check(%q) = %v, want valid %v", b, err, want)
		}
		if err == nil {
			return
		}
		if s := err.(*SyntaxError); s.Offset < 0 || s.Offset > len(b) || s.Msg == "" {
			t.Fatalf("Check(%q) = %+v", b, s)
		}
		survive(b)
	})
}

// survive calls everything on text that did not pass Check: nothing may panic.
func survive(b []byte) {
	p, r := NewPath("a", 0), NewPath("a")
	p.Find(b)
	var f Fields
	f.Index(b)
	f.Get("a")
	f.Find(p)
	for e := range Elements(b) {
		EqualText(e, "x")
	}
	for k, v := range Members(b) {
		Text(k)
		AppendText(nil, v)
	}
	Text(b)
	Decode(b)
	Set(b, p, []byte("1"))
	Delete(b, p)
	RenameKey(b, r, "b")
	Compact(nil, b)
}

// fuzzPaths are fixed, as a fuzzer guesses matching keys only slowly.
var fuzzPaths = []Path{
	NewPath(), NewPath("a"), NewPath("a", "b"), NewPath("a", "b", 1), NewPath("b", 1), NewPath(0), NewPath(2, 0), NewPath(-1),
	NewPath(""), NewPath("a.b"), NewPath("a", "c"), NewPath("a", "b", 1, "c"), NewPath("k"), NewPath("\ufffd"), NewPath("a", 0, "a"),
}

func FuzzFind(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if Check(b, 64) != nil {
			return
		}
		decoded := reference(t, b)
		var fields Fields
		fields.Index(b)
		for _, p := range fuzzPaths {
			want, exists := walk(decoded, p.Steps())
			got, ok := p.Find(b)
			if ok != exists {
				t.Fatalf("Find(%s) in %q = %q, %v", p, b, got, ok)
			}
			if ok && !reflect.DeepEqual(reference(t, got), want) {
				t.Fatalf("Find(%s) in %q = %q, want %v", p, b, got, want)
			}
			indexed, ok := fields.Find(p)
			if ok != exists || !bytes.Equal(indexed, got) {
				t.Fatalf("Fields.Find(%s) in %q = %q, %v, want %q", p, b, indexed, ok, got)
			}
		}
		compact := new(bytes.Buffer)
		if json.Compact(compact, b); !bytes.Equal(compact.Bytes(), Compact(nil, b)) {
			t.Fatalf("Compact(%q) = %q", b, Compact(nil, b))
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Add(`\ud83d\ude00 long enough for words \u00e9\\\"`)
	f.Fuzz(func(t *testing.T, inner string) {
		testQuoting(t, inner)
		literal := []byte(` "` + inner + `" `)
		if Check(literal, 0) != nil {
			return
		}
		want := reference(t, literal).(string)
		if got := Text(literal); got != want {
			t.Fatalf("Text(%s) = %q, want %q", literal, got, want)
		}
		if got := AppendText([]byte("x"), literal); string(got) != "x"+want {
			t.Fatalf("AppendText(%s) = %q, want %q", literal, got, want)
		}
		if !EqualText(literal, want) || EqualText(literal, want+"x") || EqualText(literal, "x"+want) {
			t.Fatalf("EqualText(%s, %q) is wrong", literal, want)
		}
		if want != "" && EqualText(literal, want[:len(want)-1]) {
			t.Fatalf("EqualText(%s, %q) is true", literal, want[:len(want)-1])
		}
	})
}

// testQuoting checks that encoding/json reads back what AppendString writes, and
// that paths with the key survive being written down.
func testQuoting(t *testing.T, s string) {
	t.Helper()
	quoted := AppendString(nil, s)
	if err := Check(quoted, 0); err != nil {
		t.Fatalf("AppendString(%q) = %s: %v", s, quoted, err)
	}
	if got := reference(t, quoted); got != validText(s) {
		t.Fatalf("AppendString(%q) = %s, read as %q", s, quoted, got)
	}
	p := NewPath(s, 3, s)
	again, err := ParsePath(p.String())
	if err != nil || !reflect.DeepEqual(again, p) {
		t.Fatalf("ParsePath(%s) = %v, %v", p, again, err)
	}
	if p, err := ParsePath(s); err == nil {
		if again, err := ParsePath(p.String()); err != nil || !reflect.DeepEqual(again.Steps(), p.Steps()) {
			t.Fatalf("ParsePath(%q) = %s, not read back: %v", s, p, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Decode(b)
		if Check(b, 64) != nil {
			return
		}
		if err != nil {
			t.Fatalf("Decode(%q): %v", b, err)
		}
		if want := reference(t, b); !sameValue(got, want) {
			t.Fatalf("Decode(%q) = %#v, want %#v", b, got, want)
		}
		text, err := Append(nil, got)
		if err != nil || Check(text, 64) != nil {
			t.Fatalf("Append(%#v) = %s, %v", got, text, err)
		}
		again, err := Decode(text)
		if err != nil || !sameValue(again, reference(t, b)) {
			t.Fatalf("Decode(%q) = %#v, written as %s", b, got, text)
		}
	})
}
