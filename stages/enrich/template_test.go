package enrich

import (
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// plainly writes a value as it is.
func plainly(dst []byte, value string) ([]byte, bool) { return append(dst, value...), true }

// templateOf parses a key that stands in a file, where ${SECRET} is "hunter2".
func templateOf(text string) (*Template, error) {
	getenv := func(name string) (string, bool) { return "hunter2", name == "SECRET" }
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: []byte("key: '" + strings.ReplaceAll(text, "'", "''") + "'")}}, getenv, nil)
	var t Template
	conf.Decode(root.Get("key"), &t, problems)
	return &t, problems.Err()
}

func TestTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"station":                         "station",
		"station:{body.a}":                "station:A",
		"{body.a}{body.b}":                "AB}",
		"{body.a}:{body.b}:x":             "A:B}:x",
		"{{{body.a}}}":                    "{A}",
		"a{{b}}c":                         "a{b}c",
		`{ {"k": body.a}.k }`:             "A",
		`{body.b == "B}" ? 'y"}' : "{n"}`: `y"}`,
		`{body.a + "\"}"}`:                `A"}`,
		"{body.none}":                     "",
		"{body.a}{body.none}":             "",
	} {
		x, err := templateOf(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, ok, err := x.append(nil, eventOf("A", "B}"), plainly)
		if string(got) != want || ok != (want != "") || err != nil {
			t.Errorf("%s: got %q, %v, %v; want %q", text, got, ok, err, want)
		}
	}
}

func TestAnExpressionOfATemplateMayFail(t *testing.T) {
	x, err := templateOf("{body.a + body.none}")
	if err != nil {
		t.Fatal(err)
	}
	_, ok, err := x.append(nil, eventOf("A", "B"), plainly)
	if ok || !pipeline.Rejected(err) || !strings.Contains(err.Error(), "missing or null: body.none") {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestTemplatesThatAreTooLongAreRefused(t *testing.T) {
	x, err := templateOf("{body.a}")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := x.append(nil, eventOf(strings.Repeat("x", maxKey+1), ""), plainly); ok || !pipeline.Rejected(err) {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestTemplatesDoNotTellWhatVariablesHold(t *testing.T) {
	x, err := templateOf(`${SECRET}:{body.a}:{body.b + "${SECRET}"}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := x.append(nil, eventOf("A", "B"), plainly); string(got) != "hunter2:A:Bhunter2" {
		t.Errorf("got %s", got)
	}
	if got := x.parts[3].expr.String(); got != "…" {
		t.Errorf("the expression is shown as %s", got)
	}
	for _, broken := range []string{`${SECRET}:{body.`, `${SECRET}:{bodi.${SECRET}}`, `{${SECRET}}`} {
		if _, err := templateOf(broken); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", broken, err)
		}
	}
}
