// Package manual makes the manual of stages, sources, sinks, presets and state stores
// from their declarations: the names, types and defaults of settings come from the
// settings structs, what they mean from the comments on them, and examples from the
// cases that the tests run.
//
// A program does not have its comments, so that docs/generate gathers them in
// texts.json, which is part of the program.
package manual

// Page is the manual page of one thing that pipeline.yaml can name.
type Page struct {
	Kind string // stage, source, sink, state store or preset
	Name string
	// About says what it is, in the form of Go's doc comments. Its first paragraph is
	// one sentence or two.
	About string
	// Behaviour says more, which is true of this one and not of others that the same
	// package declares.
	Behaviour string
	Settings  []Setting
	// Source and Stages are what a preset stands for, as YAML.
	Source, Stages string
	Examples       []Example
}

// Setting is one line of settings.
type Setting struct {
	Name     string
	Required bool
	Type     string // in words
	Default  string // as it is written in a file; empty: none
	About    string
	Inner    []Setting // of a setting that has settings itself
}

// Example is a case that the tests run.
type Example struct {
	About string `json:"about"`
	Files []File `json:"files"`
}

// File is a part of an example.
type File struct {
	Name string `json:"name"`
	Text string `json:"text"`
}
