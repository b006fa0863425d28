package decode

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// run builds the stage with the settings and passes one event.
func run(t testing.TB, c Config, raw string) (*pipeline.Event, error) {
	t.Helper()
	stage, err := New(withDefaults(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := pipeline.NewEvent("1", []byte(raw))
	return e, stage(func(context.Context, *pipeline.Event) error { return nil })(context.Background(), e)
}

func withDefaults(c Config) Config {
	if c.MaxDepth == 0 {
		c.MaxDepth = pipeline.MaxDepth
	}
	if c.Separator == "" {
		c.Separator = ","
	}
	return c
}

func TestHostilePayloadsAreRejectedInWords(t *testing.T) {
	cases := map[string]struct {
		c    Config
		raw  string
		want string
	}{
		"text is not UTF-8":   {Config{Format: "text"}, "ab\xff", "payload is not text: invalid UTF-8 at byte 2"},
		"XML is not UTF-8":    {Config{Format: "xml"}, "<a>\xff</a>", "payload is not XML: invalid UTF-8 at byte 3"},
		"XML is UTF-16":       {Config{Format: "xml"}, "\xff\xfe<\x00a\x00/\x00>\x00", "payload is not XML: invalid UTF-8 at byte 0"},
		"CSV is not UTF-8":    {Config{Format: "csv"}, "a,b\n1,\xff\n", "payload is not CSV: invalid UTF-8 at byte 6"},
		"control character":   {Config{Format: "xml"}, "<a>\x01</a>", "payload is not XML: line 1: illegal character code U+0001"},
		"only spaces":         {Config{Format: "csv"}, " \r\n", "payload is not CSV: it is empty"},
		"very deep":           {Config{Format: "xml"}, strings.Repeat("<a>", 1_000_000), "payload is not XML: line 1: nested deeper than 64 levels"},
		"very many elements":  {Config{Format: "xml"}, "<a>" + strings.Repeat("<b/>", 200_000) + "</a>", "payload is not XML: line 1: more than 100000 elements and attributes"},
		"very many records":   {Config{Format: "csv"}, "a\n" + strings.Repeat("1\n", 200_000), "payload is not CSV: more than 100000 records or 1000000 fields"},
		"very many fields":    {Config{Format: "csv", Columns: manyColumns(20_000)}, strings.Repeat(strings.Repeat(",", 19_999)+"\n", 60), "payload is not CSV: more than 100000 records or 1000000 fields"},
		"very long header":    {Config{Format: "csv"}, strings.Join(manyColumns(1000), ",") + "\n1", "payload is not CSV: line 2: 1 field, want 1000 (c, cc, "},
		"unknown instruction": {Config{Format: "xml"}, "<!ELEMENT a><a/>", "payload is not XML: line 1: a DOCTYPE is not allowed"},
	}
	for name, c := range cases {
		e, err := run(t, c.c, c.raw)
		if err == nil || !pipeline.Rejected(err) || !strings.HasPrefix(err.Error(), c.want) || len(err.Error()) > 300 {
			t.Errorf("%s: got %v", name, err)
		}
		if raw, _ := e.Bytes(); !bytes.Equal(raw, []byte(c.raw)) {
			t.Errorf("%s: the payload changed", name)
		}
	}
}

func manyColumns(n int) []string {
	columns := make([]string, n)
	for i := range columns {
		columns[i] = strings.Repeat("c", 1+i%50) + strings.Repeat("d", i/50)
	}
	return columns
}

func TestFieldsHaveNamesAndBytesStay(t *testing.T) {
	const raw = "<a><b> x </b></a>"
	e, err := run(t, Config{Format: "xml"}, raw)
	if err != nil {
		t.Fatal(err)
	}
	path, _ := pipeline.ParsePath("body.a.b")
	if text, ok, err := e.Text(path); text != "x" || !ok || err != nil {
		t.Errorf("got %q, %v, %v", text, ok, err)
	}
	if got, _ := e.Bytes(); string(got) != raw {
		t.Errorf("the bytes became %s", got)
	}
	if err := e.Set(path, "y"); err != nil {
		t.Fatal(err)
	}
	if got, _ := e.Bytes(); string(got) != `{"a":{"b":"y"}}` {
		t.Errorf("a changed event became %s", got)
	}
}

func TestDeepestXMLThatIsAllowed(t *testing.T) {
	raw := strings.Repeat("<a>", 64) + strings.Repeat("</a>", 64)
	if _, err := run(t, Config{Format: "xml"}, raw); err != nil {
		t.Error(err)
	}
}

// The one allocation is the index of the fields, which the stages behind read.
func TestJSONCostsOneIndex(t *testing.T) {
	handle := handler(t)
	e := pipeline.NewEvent("1", sample)
	got := testing.AllocsPerRun(100, func() {
		e.SetBytes(sample)
		if err := handle(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	})
	if got > 1 {
		t.Errorf("%v allocations", got)
	}
}

var sample = []byte(`{"trackingNumber":340434161094042557,"eventType":{"apiKey":"103","name":"Delivered"},` +
	`"eventTimeUtc":"2026-01-31T15:04:05Z","location":{"code":"OSL","city":"Oslo","geo":[59.91,10.75]},` +
	`"recipient":{"name":"Kari Nordmann","zip":"0150"},"items":[{"sku":"A-1","qty":2},{"sku":"B-2","qty":1}]}`)

func handler(t testing.TB) pipeline.Handler {
	stage, err := New(Stage.Defaults.(Config), nil)
	if err != nil {
		t.Fatal(err)
	}
	return stage(func(context.Context, *pipeline.Event) error { return nil })
}

func BenchmarkJSON(b *testing.B) {
	handle := handler(b)
	e := pipeline.NewEvent("1", sample)
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	for b.Loop() {
		e.SetBytes(sample)
		if err := handle(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkXML(b *testing.B) {
	raw := []byte("<events>" + strings.Repeat(`<event no="1"><code>103</code><place>Oslo</place></event>`, 10) + "</events>")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (xmlReader{maxDepth: 64}).read(raw); err != nil {
			b.Fatal(err)
		}
	}
}
