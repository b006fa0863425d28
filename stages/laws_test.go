package stages_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	watermill "github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
	"github.com/rogpeppe/go-internal/txtar"
)

// These laws hold for everything that a pipeline.yaml can name.

// part is one of those things, and the folder it is in.
type part struct {
	list string // stages, providers, state
	pipeline.Def
}

func (p part) String() string { return p.list + "/" + p.Name }

// folder is where the settings of the part are declared, from the root of the module.
func (p part) folder() string {
	_, folder, _ := strings.Cut(reflect.TypeOf(p.Defaults).PkgPath(), "/leat/")
	return folder
}

func parts() (out []part) {
	for _, d := range stages.All() {
		out = append(out, part{"stages", d.Def})
	}
	for _, d := range providers.Sources() {
		out = append(out, part{"providers", d.Def})
	}
	for _, d := range providers.Sinks() {
		out = append(out, part{"providers", d.Def})
	}
	for _, d := range state.All() {
		out = append(out, part{"state", d.Def})
	}
	return out
}

// source parses the folder of a part without its tests.
func source(t *testing.T, p part) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", p.folder(), "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has no source: %v", p, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func TestNameFolderAndPackageAreTheSameWord(t *testing.T) {
	packages := map[string]string{"map": "mapstage"} // map is a keyword of Go
	for _, p := range parts() {
		if p.folder() != p.String() {
			t.Errorf("%s is declared in %s", p, p.folder())
			continue
		}
		want := packages[p.Name]
		if want == "" {
			want = p.Name
		}
		for _, f := range source(t, p) {
			if f.Name.Name != want {
				t.Errorf("%s is in package %s, want %s", p, f.Name.Name, want)
			}
		}
	}
}

func TestNoTwoPartsHaveOneName(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range stages.All() {
		if seen[d.Name] {
			t.Errorf("two stages are named %s", d.Name)
		}
		seen[d.Name] = true
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range parts() {
		if !slices.ContainsFunc(source(t, p), func(f *ast.File) bool { return f.Doc != nil }) {
			t.Errorf("%s has no package comment", p)
		}
	}
}

// The comments on settings are printed as the manual.
func TestEverySettingIsExplained(t *testing.T) {
	for _, p := range parts() {
		for _, f := range source(t, p) {
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.StructType)
				if !ok {
					return true
				}
				for _, field := range s.Fields.List {
					if isSetting(field) && strings.TrimSpace(field.Doc.Text()) == "" {
						t.Errorf("%s: the setting %s has no comment above it", p, field.Tag.Value)
					}
				}
				return true
			})
		}
	}
}

func isSetting(f *ast.Field) bool {
	if f.Tag == nil {
		return false
	}
	tag, ok := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Lookup("yaml")
	return ok && tag != "-" && !strings.HasSuffix(tag, ",inline")
}

func examples(t *testing.T, name string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(name, "testdata", "example-*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestEveryStageHasAnExampleThatSaysWhatItShows(t *testing.T) {
	for _, d := range stages.All() {
		paths := examples(t, d.Name)
		if len(paths) == 0 {
			t.Errorf("%s/testdata has no example-*.txtar", d.Name)
		}
		for _, path := range paths {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(string(archive.Comment)) == "" {
				t.Errorf("%s has no sentence at its top", path)
			}
		}
	}
}

// closed is a source whose messages have contexts that have ended.
type closed struct {
	payloads    []string
	taken, back atomic.Int32
}

func (c *closed) define() pipeline.SourceDef {
	return pipeline.DefineSource("feed", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: c, Hold: pipeline.Forever}, nil
	})
}

func (c *closed) Subscribe(ctx context.Context, _ string) (<-chan *watermill.Message, error) {
	out := make(chan *watermill.Message)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	go func() {
		defer close(out)
		for i, p := range c.payloads {
			m := watermill.NewMessageWithContext(over, fmt.Sprint(i), []byte(p))
			go func() {
				select {
				case <-m.Acked():
				case <-m.Nacked():
				}
				c.back.Add(1)
			}()
			out <- m
			c.taken.Add(1)
		}
		<-ctx.Done()
	}()
	return out, nil
}

func (c *closed) Close() error { return nil }

// yamlOf is a pipeline.yaml around what an example shows of a stage.
func yamlOf(sections map[string]string) string {
	if text := sections["pipeline.yaml"]; text != "" {
		return text
	}
	return "version: 1\nflows:\n  f:\n    from: feed\n    stages:\n" + indent("      ", sections["stages"]) +
		"    to: out\n    on_error: {dead_letter: dead}\nsinks: {out: record, dead: record}\n"
}

func indent(by, text string) (out string) {
	for line := range strings.Lines(text) {
		out += by + strings.TrimSuffix(line, "\n") + "\n"
	}
	return out
}

// inEveryExample runs f in a bubble for each example of each stage, with a
// pipeline.yaml around it and what goes in. A goroutine that stays behind fails
// the test.
func inEveryExample(t *testing.T, f func(t *testing.T, yaml string, in []string)) {
	for _, d := range stages.All() {
		if d.Name == "plugin" {
			continue // time stands still for no process: its own tests have these laws
		}
		for _, example := range examples(t, d.Name) {
			t.Run(path.Join(d.Name, filepath.Base(example)), func(t *testing.T) {
				sections := unpack(t, example)
				in := slices.Collect(strings.Lines(sections["in"]))
				if payload := sections["in.payload"]; payload != "" {
					in = append(in, payload)
				}
				synctest.Test(t, func(t *testing.T) { f(t, yamlOf(sections), in) })
			})
		}
	}
	t.Run("held", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { f(t, flowOf(toOut, held), []string{heldIn, heldIn, "{}"}) })
	})
}

// held is an example of the stages that hold events.
const (
	held   = identify + `, {dedupe: {}}, {reorder: {window: 1m}}`
	heldIn = `{"id":"1","k":"a","t":900000000}`
)

// unpack returns the sections of an example, and changes to a folder that has
// the tables among them as files.
func unpack(t *testing.T, example string) map[string]string {
	archive, err := txtar.ParseFile(example)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
		if ext := filepath.Ext(f.Name); ext == ".csv" || ext == ".json" {
			if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return sections
}

// An event whose context has ended is still the stage's to settle or to give
// back, and at once.
func TestStagesSurviveAClosedContext(t *testing.T) {
	inEveryExample(t, func(t *testing.T, yaml string, in []string) {
		feed, c := &closed{payloads: in}, catalog()
		c.Sources = append(c.Sources, feed.define())
		rig := flowtest.Load(t, yaml, flowtest.Options{Catalog: c})
		rig.Run()
		synctest.Wait()
		if sent := int32(len(in)); feed.taken.Load() != sent || feed.back.Load() != sent {
			t.Errorf("of %d messages %d were taken and %d came back", sent, feed.taken.Load(), feed.back.Load())
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		if s := rig.Pipeline.Stats(); s.InFlight != 0 || s.Held != 0 {
			t.Errorf("%d events are still in flight and %d held", s.InFlight, s.Held)
		}
	})
}

func TestStagesLetGoOfEverythingWhenTheFlowStops(t *testing.T) {
	inEveryExample(t, func(t *testing.T, yaml string, in []string) {
		rig := flowtest.Load(t, yaml, flowtest.Options{
			Catalog: catalog(), Fail: func(string, *pipeline.Event, int) error { return errAway },
		})
		var sent []*flowtest.Sent
		for i, payload := range in {
			sent = append(sent, rig.Feed.Send(fmt.Sprint(i), strings.TrimSuffix(payload, "\n")))
		}
		rig.Run()
		synctest.Wait()
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		for i, s := range sent {
			if !s.Acked() && s.Returned() == 0 {
				t.Errorf("message %d is neither settled nor given back", i)
			}
		}
	})
}
