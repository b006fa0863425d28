package testfile

import (
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// presetTests is what is read here of a preset's file.
type presetTests struct {
	// Tests are those of the preset.
	Tests []*Test `yaml:"tests"`
}

// Validate checks what one setting cannot.
func (c presetTests) Validate() error { return differ(c.Tests) }

// readPreset reads tests that stand in a preset's file. What else is in it is read when
// they are run, with the variables that each of them has.
func (f *File) readPreset(root *conf.Node) {
	tests := *root
	tests.Fields = nil
	for _, field := range root.Fields {
		if field.Key.Value == "tests" {
			tests.Fields = append(tests.Fields, field)
		} else {
			f.problems.Forget(field.Value)
		}
	}
	if len(tests.Fields) == 0 {
		f.problems.Errorf(root.Get("preset"), "the preset has no tests: write them under tests: in this file")
	}
	var c presetTests
	conf.Decode(&tests, &c, f.problems)
	f.Tests = c.Tests
}

// checkPlace reports settings that have no place in the file.
func (t *Test) checkPlace(f *File) {
	switch {
	case f.Preset && t.Flow != "":
		f.problems.Errorf(t.node.Get("flow"), "flow: a preset is tested without a flow: remove this line")
	case f.Preset:
	case t.With != nil:
		f.problems.Errorf(t.node.Get("with"), "with: is for all tests of a file: write it beside tests")
	case t.Env != nil:
		f.problems.Errorf(t.node.Get("env"), "env: is for all tests of a file: write it beside tests")
	}
}

// loadPreset loads the preset with what a test gives it.
func (t *Test) loadPreset(path string) sim.Load {
	settings := t.With
	if settings == nil || settings.Kind == conf.Null {
		settings = (&conf.Node{Kind: conf.Map}).PlacedAt(t.node)
	}
	return func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
		o.Getenv = func(name string) (string, bool) {
			v, ok := t.Env[name]
			return v, ok
		}
		return pipeline.LoadPreset(path, settings, o)
	}
}
