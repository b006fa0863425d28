package pipeline_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

func lineOf(t *testing.T, f pipeline.Format, e *pipeline.Event) string {
	t.Helper()
	line, err := f.AppendLine(nil, e)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func TestLinesAreTheBytesOfTheEvent(t *testing.T) {
	for payload, want := range map[string]string{
		`{ "a" :1.0}`:           `{ "a" :1.0}`,
		"not JSON":              "not JSON",
		"\xff":                  "\xff",
		"":                      "",
		"{\n \"a\": [1,\n2]\n}": `{"a":[1,2]}`,
		"\"a\\nb\"":             `"a\nb"`,
	} {
		if got := lineOf(t, pipeline.FormatLines, pipeline.NewEvent("1", []byte(payload))); got != want+"\n" {
			t.Errorf("%q is written as %q", payload, got)
		}
	}
	line, err := pipeline.FormatLines.AppendLine(nil, pipeline.NewEvent("1", []byte("two\nlines")))
	if err == nil || !pipeline.Rejected(err) || !strings.Contains(err.Error(), "format: envelope") {
		t.Errorf("two lines that are not JSON: %q, %v", line, err)
	}
}

func TestEnvelopes(t *testing.T) {
	bare := func(payload string) *pipeline.Event { return pipeline.NewEvent("1", []byte(payload)) }
	full := bare("{\n \"a\": 1.0 }")
	full.Key, full.Type, full.Time = "k\"", "t", time.Date(2026, 3, 31, 14, 0, 0, 5e6, time.FixedZone("", 7200))
	full.SetMeta("b", "old")
	full.SetMeta("b", "<new>")
	full.SetMeta("a", "1")
	decoded := bare("<a/>")
	decoded.SetDecoded(map[string]any{"a": nil})
	value := bare("")
	value.SetValue([]any{1, "x"})
	for name, c := range map[string]struct {
		e    *pipeline.Event
		want string
	}{
		"everything":     {full, `{"v":1,"id":"1","key":"k\"","time":"2026-03-31T12:00:00.005Z","type":"t","meta":{"a":"1","b":"<new>"},"body":{"a":1.0}}`},
		"nothing":        {bare(""), `{"v":1,"id":"1","body":""}`},
		"text":           {bare("a\nb"), `{"v":1,"id":"1","body":"a\nb"}`},
		"not UTF-8":      {bare("\xff"), `{"v":1,"id":"1","body_base64":"/w=="}`},
		"decoded":        {decoded, `{"v":1,"id":"1","body":"<a/>"}`},
		"value":          {value, `{"v":1,"id":"1","body":[1,"x"]}`},
		"JSON of a text": {bare(`"x"`), `{"v":1,"id":"1","body":"x"}`},
	} {
		if got := lineOf(t, pipeline.FormatEnvelope, c.e); got != c.want+"\n" {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestFormats(t *testing.T) {
	var f pipeline.Format
	for _, text := range []string{"lines", "envelope"} {
		if err := f.UnmarshalText([]byte(text)); err != nil || string(f) != text {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := f.UnmarshalText([]byte("csv")); err == nil {
		t.Error("csv is a format")
	}
}
