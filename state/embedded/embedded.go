// Package embedded remembers what was delivered in a file of its own, which one
// process at a time may use. What was committed survives a crash and a power
// loss; what was only claimed is free again as soon as the file is opened.
//
// Concurrent commits are gathered into one transaction of a bbolt file, with
// one fsync. Records lie in segments by the time they expire, and a segment is
// dropped as a whole.
package embedded

import (
	"errors"

	"github.com/leat-io/leat/pipeline"
)

// State declares the store.
var State = pipeline.DefineState("embedded", Config{Path: ".leat/state.db"}, New)

// Config says where the file is.
type Config struct {
	// The file. Its folder is created when missing. Two processes cannot share
	// a file: give each its own.
	Path string `yaml:"path,short"`
}

// Validate refuses an empty path.
func (c Config) Validate() error {
	if c.Path == "" {
		return pipeline.FieldError("path", "must name a file")
	}
	return nil
}

// New returns a store that opens its file when the pipeline starts.
func New(c Config, env *pipeline.Env) (pipeline.State, error) {
	s := newStore(c, env.Clock, env.Log)
	env.OnStart(s.open)
	env.OnClose(s.close)
	return s, nil
}

// Unclean reports whether the last run that used the file was killed.
func (s *store) Unclean() bool { return s.unclean }

// StartAfresh says how to have everything delivered again.
func (s *store) StartAfresh() string { return "delete " + s.path }

var (
	errNotOpen = errors.New("the state file is not open yet")
	errClosed  = errors.New("the state file is closed")
)
