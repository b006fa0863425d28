// Package starter has the files of a first flow, for leat init: a commented
// pipeline.yaml for a source or a preset, payloads to try it with, and tests of a flow that
// is not a preset's. They pass leat check --strict and leat test.
package starter

import (
	_ "embed" // starters.txtar
	"fmt"
	"strings"

	"github.com/leat-io/leat/cli/schema"
	"github.com/rogpeppe/go-internal/txtar"
)

// File is one of the files that are written.
type File struct {
	Name string
	Data []byte
}

// Starter is what begins with one source.
type Starter struct {
	// Source is its name, or that of a preset.
	Source string
	// Files are what is written, pipeline.yaml first.
	Files []File
	// Next says what to do with them.
	Next string
}

//go:embed starters.txtar
var starters []byte

// Names are the sources that there is a starter for, the plainest first.
func Names() (names []string) {
	for _, f := range txtar.Parse(starters).Files {
		if source, ok := strings.CutPrefix(f.Name, "from/"); ok {
			names = append(names, source)
		}
	}
	return names
}

// New returns the starter for a source. sample has the payloads of a preset's feed; the
// other sources have some of their own.
func New(source string, sample *File) (*Starter, error) {
	part := map[string]string{}
	for _, f := range txtar.Parse(starters).Files {
		part[f.Name] = string(f.Data)
	}
	from, ok := part["from/"+source]
	if !ok {
		return nil, fmt.Errorf("there is no starter for %s", source)
	}
	kind := "plain"
	if sample != nil {
		kind = "preset"
	} else {
		sample = &File{Name: "sample.jsonl", Data: []byte(part["sample"])}
	}
	text := part["head"] + from + part["stages/"+kind] + part["sinks/"+kind]
	text = strings.NewReplacer("SCHEMA", schema.ID, "SOURCE", source, "TTL", strings.TrimSpace(part["ttl/"+source])).Replace(text)
	next := strings.NewReplacer("SOURCE", source, "SAMPLE", sample.Name).Replace(part["next/"+source] + part["next/"+kind])
	files := []File{{"pipeline.yaml", []byte(text)}, *sample}
	if test := part["test/"+kind]; test != "" {
		files = append(files, File{"pipeline.test.yaml", []byte(test)})
	}
	return &Starter{Source: source, Files: files, Next: next}, nil
}
