package schema_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/cli/schema"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

// catalog is leat's own, with the source and sink of the cases of stages.
func catalog() pipeline.Catalog {
	c := cli.StandardCatalog()
	c.Sources = append(c.Sources, pipeline.DefineSource("feed", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: nothing{}, Finite: true, Hold: pipeline.Forever}, nil
	}))
	c.Sinks = append(c.Sinks, pipeline.DefineSink("record", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(context.Context, *pipeline.Event) error { return nil }, nil
	}))
	return c
}

type nothing struct{}

func (nothing) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	return make(chan *message.Message), nil
}
func (nothing) Close() error { return nil }

// compiled is the schema, checked against the meta-schema that it names.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schema.Write(manual.Embedded(), catalog(), providers.Setups()...)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, schema.ID, text)
}

func compile(t *testing.T, id string, text []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7) // which $schema overrides
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	if s.DraftVersion != 2020 {
		t.Fatalf("it was taken for draft %d", s.DraftVersion)
	}
	return s
}

// file is a pipeline.yaml of the repository.
type file struct{ name, text string }

// files are all of the repository, with the stages of cases put into a flow.
func files(t *testing.T) (list []file) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasSuffix(path, ".yaml"):
			data, err := os.ReadFile(path)
			list = append(list, file{path, string(data)})
			return err
		case !strings.HasSuffix(path, ".txtar"):
			return nil
		}
		archive, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		for _, f := range archive.Files {
			switch {
			case strings.HasSuffix(f.Name, ".yaml"):
				list = append(list, file{path + "/" + f.Name, string(f.Data)})
			case f.Name == "stages":
				indented := "      " + strings.ReplaceAll(strings.TrimSpace(string(f.Data)), "\n", "\n      ")
				list = append(list, file{path, fmt.Sprintf("version: 1\nflows:\n  case:\n    from: feed\n    stages:\n%s\n    to: out\nsinks: {out: record}\n", indented)})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// loads reports whether leat takes the file, with any value of a variable.
func loads(f file) bool {
	for _, value := range []string{"x", "https://example.com", "1"} {
		_, report := pipeline.LoadText(f.name, f.text, pipeline.Options{Catalog: catalog(), Getenv: func(string) (string, bool) { return value, true }})
		if report.Err() == nil {
			return true
		}
	}
	return false
}

// validate validates YAML as an editor reads it.
func validate(s *jsonschema.Schema, text string) error {
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		return err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func TestWhatLoadsIsValid(t *testing.T) {
	s, loaded := compiled(t), 0
	for _, f := range files(t) {
		if !loads(f) || strings.HasSuffix(f.name, "setup.txtar/others.yaml") { // only leat setup sees what is wrong with that
			continue
		}
		loaded++
		if err := validate(s, f.text); err != nil {
			t.Errorf("%s: %v\n%s", f.name, err, f.text)
		}
	}
	if loaded < 100 {
		t.Errorf("only %d files load", loaded)
	}
	t.Logf("%d files load", loaded)
}

func TestWhatIsWrongIsNotValid(t *testing.T) {
	s := compiled(t)
	archive, err := txtar.ParseFile("testdata/wrong.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		if loads(file{f.Name, string(f.Data)}) && !strings.HasPrefix(f.Name, "setup_") { // which leat setup reads
			t.Errorf("%s: leat takes it", f.Name)
		}
		if validate(s, string(f.Data)) == nil {
			t.Errorf("%s: the schema takes it", f.Name)
		}
	}
}

func TestSchemaInTheDocsIsThatOfLeat(t *testing.T) {
	text, err := schema.Write(manual.Embedded(), cli.StandardCatalog(), providers.Setups()...)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../docs/pipeline.schema.json")
	if err != nil || !bytes.Equal(committed, text) {
		t.Errorf("docs/pipeline.schema.json is stale: go run ./docs/generate (%v)", err)
	}
}

// folder is a setting of somebody's own stage that holds itself.
type folder struct {
	Name    string   `yaml:"name"`
	Folders []folder `yaml:"folders"`
}

func TestSettingsThatHoldThemselvesEnd(t *testing.T) {
	c := catalog()
	c.Stages = append(c.Stages, pipeline.DefineStage("tree", folder{}, func(folder, *pipeline.Env) (pipeline.Stage, error) { return nil, nil }))
	if _, err := schema.Write(manual.Embedded(), c); err != nil {
		t.Fatal(err)
	}
	if page := manual.Embedded().Page("stage", "tree", folder{}); len(page.Settings) != 2 || page.About != "" {
		t.Errorf("got %+v", page)
	}
}
