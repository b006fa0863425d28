package rawjson

import (
	"fmt"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	cases := []struct{ text, path, want string }{
		{` {"a" : 1 } `, `a`, `1`},
		{` {"a" : 1 } `, ``, `{"a" : 1 }`},
		{` 7 `, ``, `7`},
		{`{"a":{"b":[10,{"c":"x"}]}}`, `a.b[1].c`, `"x"`},
		{`{"a":{"b":[10, 20 ]}}`, `a.b[1]`, `20`},
		{`[[1,2],[3]]`, `[1][0]`, `3`},
		{`[]`, `[0]`, `-`},
		{`[1]`, `[1]`, `-`},
		{`{"0":1}`, `[0]`, `-`},
		{`[1]`, `["0"]`, `-`},
		{`"a"`, `a`, `-`},
		{`null`, `a`, `-`},
		{`{}`, `a`, `-`},
		{`{"a":null}`, `a`, `null`},
		{`{"a":null}`, `a.b`, `-`},
		{`{"A":1}`, `a`, `-`},
		{`{"a":1,"a":2}`, `a`, `2`},
		{`{"a":{"b":1},"a":{"c":2}}`, `a.b`, `-`},
		{`{"a":{"b":1},"a":{"b":2,"b":3}}`, `a.b`, `3`},
		{`{"a":1,"\u0061":2}`, `a`, `2`},
		{`{"\ud800":2}`, "[\"\ufffd\"]", `2`},
		{`{"a\\b":1,"a\"b":2}`, `["a\"b"]`, `2`},
		{`{"a\nb":1}`, `["a\\nb"]`, `-`}, // an escape is not its own spelling
		{`{"":1}`, `[""]`, `1`},
		{`{"x":"}\"{[","y":["]",{}],"a":1}`, `a`, `1`},
		{`{"x":"\\\\\\","y":"\\\"","a":1}`, `a`, `1`},
		{`{"a":1.50E+2,"b":tru}`, `a`, `1.50E+2`},
	}
	for _, c := range cases {
		p, err := ParsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := p.Find([]byte(c.text))
		if ok != (c.want != "-") || ok && string(got) != c.want {
			t.Errorf("%s in %s is %s, %v; want %s", p, c.text, got, ok, c.want)
		}
		var f Fields
		f.Index([]byte(c.text))
		if again, found := f.Find(p); found != ok || string(again) != string(got) {
			t.Errorf("%s in the index of %s is %s, %v; want %s", p, c.text, again, found, c.want)
		}
	}
}

func TestNegativeIndexIsNotFound(t *testing.T) {
	if v, ok := NewPath(-1).Find([]byte(`[1,2]`)); ok {
		t.Errorf("found %s", v)
	}
}

func TestFindClipsCapacity(t *testing.T) {
	text := []byte(`{"a":[1],"b":2}`)
	a, _ := NewPath("a").Find(text)
	_ = append(a, "overwritten"...)
	for k, v := range Members(text) {
		_, _ = append(k, 'x'), append(v, 'x')
	}
	for e := range Elements(a) {
		_ = append(e, 'x')
	}
	if string(text) != `{"a":[1],"b":2}` {
		t.Errorf("text became %s", text)
	}
}

func TestFieldsAreReusable(t *testing.T) {
	var f Fields
	if _, ok := f.Get("a"); ok {
		t.Error("the zero value has a field")
	}
	if _, ok := f.Find(NewPath()); ok {
		t.Error("the zero value has a text")
	}
	f.Index([]byte(` {"a":1,"b":2,"a":3} `))
	if v, ok := f.Get("a"); !ok || string(v) != "3" {
		t.Errorf("a is %s, %v", v, ok)
	}
	if v, ok := f.Find(Path{}); !ok || string(v) != `{"a":1,"b":2,"a":3}` {
		t.Errorf("the object itself is %s, %v", v, ok)
	}
	f.Index([]byte(`[1]`))
	if _, ok := f.Get("a"); ok {
		t.Error("an array has the fields of the object before it")
	}
	f.Index([]byte(`{"b":{"c":[5]}}`))
	if v, ok := f.Find(NewPath("b", "c", 0)); !ok || string(v) != "5" {
		t.Errorf("b.c[0] is %s, %v", v, ok)
	}
	f.Reset()
	if _, ok := f.Get("b"); ok {
		t.Error("fields remain after Reset")
	}
}

func TestMembersAndElements(t *testing.T) {
	var got strings.Builder
	for k, v := range Members([]byte(` { "a" : [1] , "\u0061":"x" ,"b":null} `)) {
		fmt.Fprintf(&got, "%s=%s;", k, v)
	}
	if want := `"a"=[1];"\u0061"="x";"b"=null;`; got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
	got.Reset()
	for e := range Elements([]byte(` [ 1 , "a]" ,{"b":[2]},[ ]] `)) {
		fmt.Fprintf(&got, "%s;", e)
	}
	if want := `1;"a]";{"b":[2]};[ ];`; got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
	for text, want := range map[string]int{`[]`: 0, ` [ ] `: 0, `[1]`: 1, `[[1,2],3]`: 2, `{"a":1}`: 0, `"[1]"`: 0, ``: 0} {
		if n := CountElements([]byte(text)); n != want {
			t.Errorf("%s has %d elements", text, n)
		}
	}
	for range Members([]byte(`[1]`)) {
		t.Error("an array has a member")
	}
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]string{
		``: "invalid", ` `: "invalid", `x`: "invalid", `null`: "null", ` true`: "bool", `false`: "bool",
		`-1`: "number", `7`: "number", "\n\"": "string", `{`: "object", "\t[": "array",
	} {
		if k := KindOf([]byte(text)); k.String() != want {
			t.Errorf("%q is of kind %s, want %s", text, k, want)
		}
	}
}
