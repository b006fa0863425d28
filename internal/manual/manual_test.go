package manual

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

func TestCommentsSpeakOfTheSettingAndNotOfTheField(t *testing.T) {
	for text, want := range map[string]string{
		"Max is how many there may be.":   "How many there may be.",
		"Max are the numbers.":            "The numbers.",
		"Max says whether there are any.": "Says whether there are any.",
		"Max of all.":                     "Max of all.",
		"How many there may be, a Max.":   "How many there may be, a Max.",
		"Maximum is something else":       "Maximum is something else",
		"Max, if not in the URL.":         "Max, if not in the URL.",
		"":                                "",
		"Max":                             "Max",
	} {
		if got := sentence(text, "Max"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestWordsForShapes(t *testing.T) {
	type settings struct {
		A []string             `yaml:"a,one"`
		B map[string]conf.Size `yaml:"b"`
		C string               `yaml:"c" values:"x y z"`
		E *time.Duration       `yaml:"e"`
		F any                  `yaml:"f"`
	}
	want := []string{"text or list", "name: size", "x, y or z", "duration", "any value"}
	for i, s := range conf.Settings(reflect.TypeFor[settings]()) {
		if got := Words(s.Shape()); got != want[i] {
			t.Errorf("%s is %q, want %q", s.Name, got, want[i])
		}
	}
}

func TestPagesArePrinted(t *testing.T) {
	page := Page{Kind: "stage", Name: "a", About: "One sentence. Another one.", Behaviour: "Listens on [::]:8080, see [pipeline.Handler].",
		Settings: []Setting{{Name: "b", Type: "text", Required: true, About: strings.Repeat("word ", 40), Inner: []Setting{{Name: "c", Default: "1s"}}}}}
	var out strings.Builder
	if err := Print(&out, Style{Bold: "<", Reset: ">"}, page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<a (stage)>\n\nOne sentence.", "[::]:8080, see pipeline.Handler", "\n  <b>", "text; required", "\n      <c>", "default 1s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if page.Summary() != "One sentence." {
		t.Errorf("the summary is %q", page.Summary())
	}
}

func TestPresetsAreRead(t *testing.T) {
	files := fstest.MapFS{"preset.yaml": {Data: []byte("preset: p\nabout: It is. So.\nparameters: {a: {about: one, default: 1h, values: {x: 1}}, b: {required: true}}\n" +
		"source: [{when: a, http: {}}, {sqs: {}}]\nstages: [split, {name: n, split: body.a}, {split: body.b}]\nredact: [s]\nsamples: [one.json]\n")}}
	p, err := ReadPreset("p", files)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.StageNames(); !reflect.DeepEqual(got, []string{"split", "n", "split#3"}) {
		t.Errorf("stages %q", got)
	}
	if got := p.SourceNames(); !reflect.DeepEqual(got, []string{"http", "sqs"}) {
		t.Errorf("sources %q", got)
	}
	page, err := p.Page()
	if err != nil || page.Settings[0].Default != "1h" || !page.Settings[1].Required || !strings.HasPrefix(page.Stages, "stages:\n") {
		t.Errorf("%+v, %v", page, err)
	}
	if _, err := ReadPreset("p", fstest.MapFS{}); err == nil {
		t.Error("a preset without a file is read")
	}
	if _, err := ReadPreset("p", fstest.MapFS{"preset.yaml": {Data: []byte("a: [")}}); err == nil {
		t.Error("a broken file is read")
	}
}
