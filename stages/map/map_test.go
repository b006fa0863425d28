package mapstage

import (
	"context"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

func parse(t testing.TB, yaml string) Config {
	t.Helper()
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: []byte(yaml)}}, nil, nil)
	var c Config
	conf.Decode(root, &c, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTraitsNameWhatIsSet(t *testing.T) {
	for yaml, want := range map[string]pipeline.Traits{
		"set: {body.key: 1, type: body.t}":          {Local: true},
		"set: {id: body.a, key: body.b}":            {SetsID: true, SetsKey: true, Local: true},
		"{set: {time: body.a}, delete: body.a}":     {SetsTime: true, Local: true},
		"rename: {body.a: key}":                     {Local: true},
		"set: {body.id: 1, meta.key: 2, meta.t: 3}": {Local: true},
	} {
		if got := parse(t, yaml).Traits(); got != want {
			t.Errorf("%s: %+v", yaml, got)
		}
	}
}

func TestBytesOfOtherFormatsStayWhenNothingChanges(t *testing.T) {
	c := parse(t, "{rename: {body.x: y}, delete: [body.z], replace: {in: body.a, match: q, with: r}}")
	e := pipeline.NewEvent("1", []byte("<a>b</a>"))
	e.SetDecoded(map[string]any{"a": "b"})
	if err := c.change(e); err != nil {
		t.Fatal(err)
	}
	if raw, _ := e.Bytes(); string(raw) != "<a>b</a>" {
		t.Errorf("the payload became %s", raw)
	}
}

func TestChildrenDoNotSeeEachOthersMetadata(t *testing.T) {
	c := parse(t, "set: {meta.a: body.n}")
	parent := pipeline.NewEvent("1", []byte(`[{"n":1},{"n":2}]`))
	first, second := parent.Child(0, []byte(`{"n":1}`)), parent.Child(1, []byte(`{"n":2}`))
	for _, e := range []*pipeline.Event{first, second} {
		if err := c.change(e); err != nil {
			t.Fatal(err)
		}
	}
	if first.Meta("a") != "1" || second.Meta("a") != "2" || parent.Meta("a") != "" {
		t.Errorf("got %q, %q, parent %q", first.Meta("a"), second.Meta("a"), parent.Meta("a"))
	}
}

func TestValuesFromOutsideAreNotPrinted(t *testing.T) {
	env := func(string) (string, bool) { return "hunter2 (", true }
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: []byte(`set: {body.a: "${TOKEN}"}`)}}, env, nil)
	var c Config
	conf.Decode(root, &c, problems)
	if err := problems.Err(); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkMap(b *testing.B) {
	stage, err := New(parse(b, `{set: {body.state: body.code, key: body.no}, delete: body.debug}`), nil)
	if err != nil {
		b.Fatal(err)
	}
	handle := stage(func(context.Context, *pipeline.Event) error { return nil })
	raw := []byte(`{"no":"1001","code":"103","debug":{"a":[1,2,3]},"location":{"code":"OSL","city":"Oslo"}}`)
	e := pipeline.NewEvent("1", raw)
	b.ReportAllocs()
	for b.Loop() {
		e.SetBytes(raw)
		if err := handle(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}
