package rawjson

import (
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	cases := []struct{ text, path, value, want string }{
		{` {"a" : 1.0, "b":2 } `, `a`, ` "x" `, ` {"a" : "x", "b":2 } `},
		{` 1 `, ``, `2`, ` 2 `},
		{`{"a": 1 }`, `b`, `2`, `{"a": 1,"b":2 }`},
		{`{ }`, `b`, `2`, `{"b":2 }`},
		{`{}`, `a.b.c`, `[1]`, `{"a":{"b":{"c":[1]}}}`},
		{`{"a":{"x":1}}`, `a.b.c`, `1`, `{"a":{"x":1,"b":{"c":1}}}`},
		{`{"a":null}`, `a.b`, `1`, `{"a":{"b":1}}`},
		{`null`, `a.b`, `1`, `{"a":{"b":1}}`},
		{`{"a":1,"a":2}`, `a`, `3`, `{"a":1,"a":3}`},
		{`{"\u0061":1}`, `a`, `3`, `{"\u0061":3}`},
		{`{}`, `["x\"y"]`, `1`, `{"x\"y":1}`},
		{`[1, 2 ]`, `[0]`, `9`, `[9, 2 ]`},
		{`[1, 2 ]`, `[2]`, `9`, `[1, 2,9 ]`},
		{`[ ]`, `[0].a.b`, `9`, `[{"a":{"b":9}} ]`},
		{`[[]]`, `[0][0]`, `9`, `[[9]]`},
	}
	for _, c := range cases {
		p, _ := ParsePath(c.path)
		before := strings.Clone(c.text)
		text := []byte(c.text)
		got, err := Set(text, p, []byte(c.value))
		if err != nil || string(got) != c.want {
			t.Errorf("set %s in %s to %s\n got %s, %v\nwant %s", c.path, c.text, c.value, got, err, c.want)
		}
		if string(text) != before {
			t.Errorf("%s became %s", before, text)
		}
	}
}

func TestSetNamesTheStepItCannotTake(t *testing.T) {
	cases := []struct{ text, path, value, want string }{
		{`{"a":{"b":1}}`, `a.b.c`, `1`, `set a.b.c: want an object at a.b, found kind number`},
		{`[1]`, `a`, `1`, `set a: want an object at the top level, found kind array`},
		{`{"a":{}}`, `a[0]`, `1`, `set a[0]: want an array at a, found kind object`},
		{`{"a":null}`, `a[0]`, `1`, `set a[0]: want an array at a, found kind null`},
		{`{}`, `a[0]`, `1`, `set a[0]: there is no array at a`},
		{`{}`, `a.b[0].c`, `1`, `set a.b[0].c: there is no array at a.b`},
		{`{"a":[1]}`, `a[2]`, `1`, `set a[2]: index 2 is outside of an array of 1 elements`},
		{`{}`, `a`, `x`, `set a: new value: invalid character 'x' looking for beginning of value at byte 0`},
		{`{}`, ``, ``, `set the top level: new value: empty input, want a JSON value`},
	}
	for _, c := range cases {
		p, _ := ParsePath(c.path)
		got, err := Set([]byte(c.text), p, []byte(c.value))
		if err == nil || err.Error() != c.want {
			t.Errorf("set %s in %s\n got %s, %v\nwant %s", c.path, c.text, got, err, c.want)
		}
	}
	if _, err := Set([]byte(`[1]`), NewPath(-1), []byte(`1`)); err == nil {
		t.Error("a negative index is set")
	}
}

func TestDelete(t *testing.T) {
	cases := []struct{ text, path, want string }{
		{`{"a":1}`, `a`, `{}`},
		{`{ "a":1 }`, `a`, `{  }`},
		{`{"a":1, "b":2}`, `a`, `{"b":2}`},
		{`{"a":1, "b":2 }`, `b`, `{"a":1 }`},
		{`{"a":1, "b":2 ,"c":3}`, `b`, `{"a":1, "c":3}`},
		{`{"a":1,"b":2,"a":3}`, `a`, `{"b":2}`},
		{`{"b":2,"a":1,"a":3,"c":4,"a":5}`, `a`, `{"b":2,"c":4}`},
		{`{"a":1,"\u0061":3}`, `a`, `{}`},
		{`[1, 2, 3]`, `[0]`, `[2, 3]`},
		{`[1, 2, 3]`, `[1]`, `[1, 3]`},
		{`[1, 2, 3 ]`, `[2]`, `[1, 2 ]`},
		{` {"a":{"b":[{"c":1.0}]}} `, `a.b[0].c`, ` {"a":{"b":[{}]}} `},
		{`{"a":{"b":1},"a":{"b":2}}`, `a.b`, `{"a":{"b":1},"a":{}}`},
		{`{"a":1}`, `b`, `-`},
		{`{"a":1}`, ``, `-`},
		{`{"a":1}`, `a.b`, `-`},
		{`[1]`, `[1]`, `-`},
	}
	for _, c := range cases {
		p, _ := ParsePath(c.path)
		got, ok := Delete([]byte(c.text), p)
		if ok != (c.want != "-") || ok && string(got) != c.want {
			t.Errorf("delete %s in %s\n got %s, %v\nwant %s", c.path, c.text, got, ok, c.want)
		}
		if !ok && string(got) != c.text {
			t.Errorf("delete %s, which is not there, makes %s of %s", c.path, got, c.text)
		}
	}
}

func TestRenameKey(t *testing.T) {
	cases := []struct{ text, path, name, want string }{
		{`{ "a" : 1, "b":2}`, `a`, `z`, `{ "z" : 1, "b":2}`},
		{`{"x":{"a":1}}`, `x.a`, `q"`, `{"x":{"q\"":1}}`},
		{`{"a":1,"b":2}`, `a`, `b`, `{"b":1}`},
		{`{"b":2,"a":1,"b":3}`, `a`, `b`, `{"b":1}`},
		{`{"a":1,"c":0,"a":2}`, `a`, `b`, `{"c":0,"b":2}`},
		{`{"a": 1}`, `a`, `a`, `{"a": 1}`},
		{`[{"a":1}]`, `[0].a`, `b`, `[{"b":1}]`},
		{`{"a":1}`, `a`, "\xff", "{\"\ufffd\":1}"},
		{`{"a":1}`, `b`, `c`, `-`},
		{`[1]`, `[0]`, `c`, `-`},
		{`{"a":1}`, ``, `c`, `-`},
	}
	for _, c := range cases {
		p, _ := ParsePath(c.path)
		got, ok := RenameKey([]byte(c.text), p, c.name)
		if ok != (c.want != "-") || ok && string(got) != c.want {
			t.Errorf("rename %s to %s in %s\n got %s, %v\nwant %s", c.path, c.name, c.text, got, ok, c.want)
		}
	}
}
