// Package testfile reads tests of flows, which stand in a file beside the flow, runs them
// in virtual time, and says what came out otherwise than expected.
//
// The tests of pipeline.yaml are in pipeline.test.yaml, in the same folder; those of
// x.yaml in x.test.yaml. Those of a preset are in the preset's own file.
package testfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Suffix is the end of the name of a file with tests.
const Suffix = ".test.yaml"

// File is a file with tests of flows.
type File struct {
	// Path is where it is.
	Path string
	// Preset: it is the file of a preset, and the tests are about that alone.
	Preset bool
	// Pipeline are the files that hold the flows, of which those behind the first lay over it.
	Pipeline []string
	// Env are the variables that the flows may name; those of the process are not seen.
	Env map[string]string
	// With is laid over the pipeline; nil: nothing is.
	With *pipeline.Text

	Tests []*Test

	problems *conf.Problems
	data     []byte
}

// fileConfig is the file as it is written.
type fileConfig struct {
	// Version is that of the format: 1.
	Version int `yaml:"version,required"`
	// File is the pipeline.yaml that holds the flows, seen from the folder of this file; a
	// list where further ones lay over the first, as with -f. The file is called like this one
	// without ".test" if it is not given.
	File []string `yaml:"file,one"`
	// Env has the variables that the flows name. Those of the environment are not seen, so
	// that a test gives the same result everywhere.
	Env map[string]string `yaml:"env"`
	// With is laid over the flows for these tests, as a file after -f would be: shorter
	// windows, a lookup that needs no network.
	With *conf.Node `yaml:"with"`
	// Tests are the tests, each with a world and a state of its own.
	Tests []*Test `yaml:"tests,required"`
}

// Validate checks what one setting cannot.
func (c fileConfig) Validate() error {
	if c.Version != 1 {
		return pipeline.FieldError("version", "there is no version %d of tests: write version: 1", c.Version)
	}
	return differ(c.Tests)
}

// differ refuses two tests of one name.
func differ(tests []*Test) error {
	names := map[string]bool{}
	for _, t := range tests {
		if t == nil {
			continue
		}
		if names[t.Name] {
			return pipeline.FieldError("tests", "two tests are called %q: give each a name of its own", t.Name)
		}
		names[t.Name] = true
	}
	return nil
}

// Read reads a file with tests. The error holds everything that is wrong with it.
func Read(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse is [Read] for a file whose text is known.
func Parse(path string, data []byte) (*File, error) {
	root, problems := conf.Parse([]conf.Source{{Name: path, Data: data}}, nil, nil)
	f := &File{Path: path, problems: problems, data: data}
	if root == nil {
		return nil, problems.Err()
	}
	if root.Kind == conf.Null {
		problems.Errorf(root, "the file is empty: it needs version and tests")
		return nil, problems.Err()
	}
	if root.Get("flows") != nil && root.Get("tests") == nil {
		problems.Errorf(nil, "%s has no tests: write them into %s", path, strings.TrimSuffix(strings.TrimSuffix(path, ".yaml"), ".yml")+Suffix)
		return nil, problems.Err()
	}
	if f.Preset = root.Get("preset") != nil; f.Preset {
		f.readPreset(root)
	} else {
		f.readFlows(root)
	}
	if len(f.Tests) == 0 && !problems.HasErrors() {
		problems.Errorf(root.Get("tests"), "tests: there is none")
	}
	for i, t := range f.Tests {
		if n := root.Get("tests").Items[i]; t == nil {
			problems.Errorf(n, "an item of the list is empty")
		} else {
			t.complete(f, n)
		}
	}
	return f, problems.Err()
}

// readFlows reads tests that stand beside flows.
func (f *File) readFlows(root *conf.Node) {
	var c fileConfig
	conf.Decode(root, &c, f.problems)
	f.Env, f.Tests = c.Env, c.Tests
	f.locate(c.File)
	if c.With != nil && c.With.Kind != conf.Null {
		f.With = f.overlay(c.With)
	}
}

// locate finds the files with the flows.
func (f *File) locate(named []string) {
	if len(named) == 0 {
		if base, ok := strings.CutSuffix(f.Path, Suffix); ok {
			f.Pipeline = []string{base + ".yaml"}
			return
		}
		f.problems.Errorf(nil, "%s: which flows does it test? Name it like their file, as in pipeline%s for pipeline.yaml, or write file: pipeline.yaml in it", f.Path, Suffix)
	}
	for _, name := range named {
		f.Pipeline = append(f.Pipeline, f.beside(name))
	}
}

// beside is a path that is given as seen from the folder of the file.
func (f *File) beside(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.Path), path)
}

// overlay is a part of the file as a file of its own. Its lines keep their numbers, so that
// what is wrong with one is found in this file.
func (f *File) overlay(n *conf.Node) *pipeline.Text {
	if n.Kind != conf.Map {
		f.problems.Errorf(n, "with: want what a pipeline.yaml may hold, as in with: {flows: {parcels: {max_held: 5}}}")
		return nil
	}
	text, err := conf.Write(n)
	if err != nil {
		f.problems.Errorf(n, "with: %v", err)
		return nil
	}
	if block, ok := f.block(n); ok {
		text = block
	}
	return &pipeline.Text{Name: f.Path, Text: string(text)}
}

// block cuts out the lines of a map that begins on a line of its own.
func (f *File) block(n *conf.Node) ([]byte, bool) {
	lines := strings.SplitAfter(string(f.data), "\n")
	if n.Line < 1 || n.Line > len(lines) {
		return nil, false
	}
	indent := lines[n.Line-1][:n.Col-1]
	if strings.TrimLeft(indent, " ") != "" {
		return nil, false
	}
	var out strings.Builder
	out.WriteString(strings.Repeat("\n", n.Line-1))
	for _, line := range lines[n.Line-1:] {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") && !strings.HasPrefix(line, indent) {
			break
		}
		out.WriteString(line)
	}
	return []byte(out.String()), true
}

// Getenv finds the variables of the flows.
func (f *File) Getenv(name string) (string, bool) {
	v, ok := f.Env[name]
	return v, ok
}

func (f *File) at(n *conf.Node) string { return fmt.Sprintf("%s:%d", f.Path, n.Line) }

// Payloads are those that come in the tests about a flow.
func (f *File) Payloads(flow string) (list [][]byte) {
	for _, t := range f.Tests {
		for _, in := range t.In {
			for _, m := range in.messages {
				if t.Flow == "" || t.Flow == flow {
					list = append(list, m.payload)
				}
			}
		}
	}
	return list
}
