package rawjson

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParsePath(t *testing.T) {
	cases := []struct {
		text  string
		steps []any
		again string // how String writes it, if not the same
	}{
		{``, []any{}, ``},
		{`a`, []any{"a"}, ``},
		{`a.b[0].c`, []any{"a", "b", 0, "c"}, ``},
		{`a["x.y"]`, []any{"a", "x.y"}, ``},
		{`["x.y"].b`, []any{"x.y", "b"}, ``},
		{`[2][10]`, []any{2, 10}, ``},
		{`a-b_c.0.été.世界`, []any{"a-b_c", "0", "été", "世界"}, ``},
		{`["plain"]["two"]`, []any{"plain", "two"}, `plain.two`},
		{`[""]`, []any{""}, ``},
		{`["a\"b\\]\u00e9 "]`, []any{`a"b\]é `}, `["a\"b\\]é "]`},
		{`a[007]`, []any{"a", 7}, `a[7]`},
	}
	for _, c := range cases {
		p, err := ParsePath(c.text)
		if err != nil || !reflect.DeepEqual(p.Steps(), c.steps) {
			t.Errorf("ParsePath(%s) = %v, %v", c.text, p.Steps(), err)
		}
		if c.again == "" {
			c.again = c.text
		}
		if p.String() != c.again || p.Len() != len(c.steps) {
			t.Errorf("ParsePath(%s).String() = %s", c.text, p)
		}
	}
}

func TestParsePathNamesThePosition(t *testing.T) {
	cases := map[string]string{
		`.a`:                     "want a key of letters, digits, '_' or '-' (others are written [\"key\"]) at byte 0",
		`a..b`:                   "want a key of letters, digits, '_' or '-' (others are written [\"key\"]) at byte 2",
		`a.`:                     "at byte 2",
		`a b`:                    `want '.' or '[' (other keys are written ["key"]) at byte 1`,
		`$.a`:                    "at byte 0",
		`a[0]b`:                  "want '.' or '['",
		`a[`:                     "want an index from 0 or a quoted key at byte 2",
		`a[]`:                    "want an index from 0 or a quoted key at byte 2",
		`a[-1]`:                  "want an index from 0 or a quoted key at byte 2",
		`a[*]`:                   "want an index from 0 or a quoted key at byte 2",
		`a[1`:                    "want ']' at byte 3",
		`a[1x]`:                  "want ']' at byte 3",
		`a["b"`:                  "want ']' at byte 5",
		`a["b]`:                  "bad quoted key at byte 5",
		`a["\x"]`:                "bad quoted key at byte 4",
		`a.[0]`:                  "at byte 2",
		"a\xff":                  "invalid UTF-8",
		`[99999999999999999999]`: "index too large at byte 1",
	}
	for text, want := range cases {
		_, err := ParsePath(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParsePath(%s)\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestNewPathPanicsOnOtherSteps(t *testing.T) {
	defer func() {
		if r := recover(); r != "rawjson: step 1 of a path is a float64, want a string or an int" {
			t.Errorf("got %v", r)
		}
	}()
	NewPath("a", 1.5)
}

func TestPathsSurviveBeingWrittenDown(t *testing.T) {
	step := rapid.OneOf(rapid.String().AsAny(), rapid.IntMin(0).AsAny())
	rapid.Check(t, func(t *rapid.T) {
		p := NewPath(rapid.SliceOf(step).Draw(t, "steps")...)
		again, err := ParsePath(p.String())
		if err != nil || !reflect.DeepEqual(again.Steps(), p.Steps()) {
			t.Fatalf("%s is read as %v: %v", p, again.Steps(), err)
		}
	})
}

func TestStepsIsACopy(t *testing.T) {
	p := NewPath("a", 1)
	p.Steps()[0] = "b"
	if p.String() != "a[1]" {
		t.Errorf("path became %s", p)
	}
}
