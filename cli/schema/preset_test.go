package schema_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/cli/schema"
	"github.com/leat-io/leat/cli/starter"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim/testfile"
	"github.com/rogpeppe/go-internal/txtar"
)

// loadsAsPreset reports whether leat takes a file as a preset, and its tests.
func loadsAsPreset(t *testing.T, f file) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "preset.yaml")
	if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := pipeline.Options{Catalog: catalog(), Getenv: func(string) (string, bool) { return "x", true }}
	o.Catalog.Presets = nil // the file may be one of them
	settings, _ := conf.Parse([]conf.Source{{Name: "settings", Data: []byte("{}")}}, nil, nil)
	if _, report := pipeline.LoadPreset(path, settings, o); report.Err() != nil {
		return false
	}
	if _, err := testfile.Parse(path, []byte(f.text)); testsOf.MatchString(f.text) && err != nil {
		return false
	}
	return true
}

var (
	presetOf = regexp.MustCompile(`(?m)^preset:`)
	testsOf  = regexp.MustCompile(`(?m)^tests:`)
)

func presetSchema(t *testing.T) []byte {
	t.Helper()
	text, err := schema.WritePreset(manual.Embedded(), cli.StandardCatalog())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPresetsThatLoadAreValid(t *testing.T) {
	text, err := schema.WritePreset(manual.Embedded(), catalog())
	if err != nil {
		t.Fatal(err)
	}
	s, loaded := compile(t, schema.PresetID, text), 0
	all := append(files(t), file{"starter", string(starter.Own("acme", true).Files[0].Data)})
	for _, f := range all {
		if !presetOf.MatchString(f.text) || !loadsAsPreset(t, f) {
			continue
		}
		loaded++
		if err := validate(s, f.text); err != nil {
			t.Errorf("%s: %v\n%s", f.name, err, f.text)
		}
	}
	if loaded < 6 {
		t.Errorf("only %d presets load", loaded)
	}
}

func TestPresetsThatAreWrongAreNotValid(t *testing.T) {
	s := compile(t, schema.PresetID, presetSchema(t))
	archive, err := txtar.ParseFile("testdata/wrong_presets.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		if loadsAsPreset(t, file{f.Name, string(f.Data)}) && !strings.HasPrefix(f.Name, "source_wrong") { // which only a flow sees
			t.Errorf("%s: leat takes it", f.Name)
		}
		if validate(s, string(f.Data)) == nil {
			t.Errorf("%s: the schema takes it", f.Name)
		}
	}
}

func TestPresetSchemaInTheDocsIsThatOfLeat(t *testing.T) {
	committed, err := os.ReadFile("../../docs/preset.schema.json")
	if err != nil || !bytes.Equal(committed, presetSchema(t)) {
		t.Errorf("docs/preset.schema.json is stale: go run ./docs/generate (%v)", err)
	}
}
