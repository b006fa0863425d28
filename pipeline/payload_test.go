package pipeline

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func bytesOf(t testing.TB, e *Event) string {
	t.Helper()
	raw, err := e.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestReadingLeavesTheBytesAlone(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		raw := jsonValue(3).Draw(rt, "body")
		e := NewEvent("1", []byte(raw))
		for range rapid.IntRange(1, 4).Draw(rt, "reads") {
			p := MustPath(strings.ReplaceAll(path(rt), "?", ""))
			switch rapid.IntRange(0, 4).Draw(rt, "read") {
			case 0:
				_, _ = e.Value()
			case 1:
				_, _ = e.Get(p)
			case 2:
				_, _, _ = e.Text(p)
			case 3:
				_, _ = e.Raw(p)
			default:
				e.IsJSON()
			}
		}
		if got := bytesOf(t, e); got != raw {
			rt.Fatalf("%q came in, %q leaves", raw, got)
		}
	})
}

func TestBytesOfAnyFormatLeaveAsTheyCame(t *testing.T) {
	for _, raw := range []string{"", "\xff\x00", "<a/>", `{"a":`, " {} \n"} {
		e := NewEvent("1", []byte(raw))
		e.IsJSON()
		_, _ = e.Value()
		if got := bytesOf(t, e); got != raw {
			t.Errorf("%q came in, %q leaves", raw, got)
		}
	}
}

func TestChangingOneFieldKeepsTheBytesOfTheOthers(t *testing.T) {
	const raw = "{ \"n\": 123456789012345678901,\n \"o\": {\"x\" :1.50, \"y\":\"\\u00e9\"}, \"list\":[ 1,2 ] }"
	for name, c := range map[string]struct {
		change func(*Event) error
		want   string
	}{
		"set":             {func(e *Event) error { return e.Set(MustPath("body.o.x"), "é") }, strings.Replace(raw, "1.50", `"é"`, 1)},
		"set an item":     {func(e *Event) error { return e.Set(MustPath("body.list[1]"), nil) }, strings.Replace(raw, ",2", ",null", 1)},
		"rename":          {func(e *Event) error { return e.Rename(MustPath("body.o.y"), "z") }, strings.Replace(raw, `"y"`, `"z"`, 1)},
		"rename nothing":  {func(e *Event) error { return e.Rename(MustPath("body.nope"), "z") }, raw},
		"delete nothing":  {func(e *Event) error { return e.Delete(MustPath("body.o.nope")) }, raw},
		"set to a number": {func(e *Event) error { return e.Set(MustPath("body.o.x"), json.Number("1.500")) }, strings.Replace(raw, "1.50", "1.500", 1)},
		"set the body":    {func(e *Event) error { return e.Set(Path{}, map[string]any{"a": int64(1)}) }, `{"a":1}`},
		"set and set back": {func(e *Event) error {
			_ = e.Set(MustPath("body.o.x"), 1)
			return e.Set(MustPath("body.o.x"), json.Number("1.50"))
		}, raw},
	} {
		e := NewEvent("1", []byte(raw))
		if _, err := e.Get(MustPath("body.o.x")); err != nil { // what was read before must not be read again
			t.Fatal(err)
		}
		if err := c.change(e); err != nil || bytesOf(t, e) != c.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", name, err, bytesOf(t, e), c.want)
		}
	}
	e := NewEvent("1", []byte(raw))
	if err := e.Delete(MustPath("body.o.x")); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]string{"body.n": "123456789012345678901", "body.o.y": "é", "body.list": "[ 1,2 ]"} {
		if got, _, err := e.Text(MustPath(p)); got != want || err != nil {
			t.Errorf("after deleting another field %s is %q, %v", p, got, err)
		}
	}
	if _, ok, _ := e.Text(MustPath("body.o.x")); ok {
		t.Error("the deleted field is still there")
	}
}

func TestReadsAfterAChangeSeeIt(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		raw := jsonObject(2).Draw(rt, "body")
		p := MustPath("body." + someNames.Draw(rt, "field"))
		for form, e := range payloads(raw) {
			_, _ = e.Get(p)
			if err := e.Set(p, "new"); err != nil {
				rt.Fatalf("%s: %v", form, err)
			}
			text, _, err := e.Text(p)
			v, valueErr := e.Value()
			if err != nil || valueErr != nil || text != "new" {
				rt.Fatalf("%s: text %q, %v, %v", form, text, err, valueErr)
			}
			var encoded any
			if err := json.Unmarshal([]byte(bytesOf(t, e)), &encoded); err != nil || spelling(encoded) != spelling(v) {
				rt.Fatalf("%s: bytes %s, value %v, %v", form, bytesOf(t, e), v, err)
			}
		}
	})
}

func TestDecodedBytesStayUntilTheEventIsChanged(t *testing.T) {
	e := NewEvent("1", []byte("<a><b>7</b></a>"))
	e.SetDecoded(map[string]any{"a": map[string]any{"b": int64(7), "c": []any{"x"}}})
	if e.IsJSON() {
		t.Error("XML counts as JSON")
	}
	for p, want := range map[string]string{"body.a.b": "7", "body.a.c[0]": `"x"`, "body.a": `{"b":7,"c":["x"]}`, "body.a.nope": "", "body.a.c[1]": ""} {
		if raw, err := e.Raw(MustPath(p)); string(raw) != want || err != nil {
			t.Errorf("%s is %s, %v; want %s", p, raw, err, want)
		}
	}
	if got := bytesOf(t, e); got != "<a><b>7</b></a>" {
		t.Errorf("bytes after reading: %s", got)
	}
	if err := e.Set(MustPath("body.a.b"), int64(8)); err != nil {
		t.Fatal(err)
	}
	if got := bytesOf(t, e); got != `{"a":{"b":8,"c":["x"]}}` || !e.IsJSON() {
		t.Errorf("bytes after a change: %s, JSON %v", got, e.IsJSON())
	}
}

func TestValuesKeepTheDigitsOfNumbers(t *testing.T) {
	e := NewEvent("1", []byte(`[123456789012345678,123456789012345678901,1.5,1e400]`))
	got, err := e.Value()
	want := []any{int64(123456789012345678), json.Number("123456789012345678901"), 1.5, json.Number("1e400")}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got, err)
	}
	e.SetValue(got)
	if text := bytesOf(t, e); text != `[123456789012345678,123456789012345678901,1.5,1e400]` {
		t.Errorf("encoded again: %s", text)
	}
}

func TestCheckJSONSaysWhatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a":[[1]]}`:      "nested deeper than 2 levels",
		"{\"a\":\"\xff\"}": "invalid UTF-8 at byte 6",
		`{"a":1} x`:        "invalid character 'x'",
		``:                 "empty input",
	} {
		err := NewEvent("1", []byte(raw)).CheckJSON(2)
		if err == nil || !Rejected(err) || !strings.HasPrefix(err.Error(), "payload is not JSON: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v (permanent %v), want %s", raw, err, Rejected(err), want)
		}
	}
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if err := NewEvent("1", []byte(deep)).CheckJSON(MaxDepth); err != nil {
		t.Errorf("%d levels: %v", MaxDepth, err)
	}
	if _, err := NewEvent("1", []byte("["+deep+"]")).Value(); err == nil || !Rejected(err) {
		t.Errorf("%d levels: %v", MaxDepth+1, err)
	}
}

func TestWhatJSONCannotHoldIsAPermanentError(t *testing.T) {
	e := NewEvent("1", []byte(`{"a":1}`))
	if err := e.Set(MustPath("body.a"), make(chan int)); err == nil || !Rejected(err) {
		t.Errorf("set: %v", err)
	}
	if err := e.Set(MustPath("body.a.b"), 1); err == nil || !Rejected(err) || !strings.Contains(err.Error(), "body.a.b") {
		t.Errorf("set below a number: %v", err)
	}
	if got := bytesOf(t, e); got != `{"a":1}` {
		t.Errorf("failures changed the event: %s", got)
	}
	e.SetValue(make(chan int))
	if _, err := e.Bytes(); err == nil || !Rejected(err) {
		t.Errorf("bytes: %v", err)
	}
}

func TestFieldPathsAreRefusedWhereTheyMakeNoSense(t *testing.T) {
	for _, text := range []string{"", "a.b", "bodyguard", "body.", "body..a", "body[", "body[x]", "meta.a"} {
		if p, err := ParsePath(text); err == nil {
			t.Errorf("%q is read as %s", text, p)
		}
	}
	for _, text := range []string{"body", "body.a.b", "body[0].a", `body["a b"].c`} {
		if p := MustPath(text); p.String() != text || p.IsZero() {
			t.Errorf("%q is read as %s", text, p)
		}
	}
	if p := (Path{}); p.String() != "body" || !p.IsZero() {
		t.Errorf("the zero path is %s", p)
	}
}

func TestPathsLeadThroughEveryFormOfAPayload(t *testing.T) {
	for form, e := range payloads(`{"a":[{"b":"x"}]}`) {
		for p, want := range map[string]any{"body.a[0].b": "x", "body.a[1].b": nil, "body.a.b": nil, "body[0]": nil} {
			if got, err := e.Get(MustPath(p)); got != want || err != nil {
				t.Errorf("%s of %s is %v, %v", p, form, got, err)
			}
		}
	}
}
