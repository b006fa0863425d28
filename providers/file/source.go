// Package file reads events from files and writes events to files.
//
// The source reads lines or whole files, in the order of their names and lines,
// and is at its end after the last. Nothing is marked in the files: with a state
// store that lasts, events that an earlier run delivered are told by their id.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Source declares the file source.
var Source = pipeline.DefineSource("file", SourceConfig{Mode: lines, MaxSize: 1 << 20}, NewSource)

// SourceConfig is the file source's part of pipeline.yaml.
type SourceConfig struct {
	// The file, or a pattern such as in/*.jsonl, whose files are read in the
	// order of their names; "-" is standard input. Files that end in .gz are
	// decompressed.
	Path string `yaml:"path,required,short"`
	// What an event is: lines, each line that is not empty; or whole, each file.
	Mode string `yaml:"mode" values:"lines whole"`
	// How long a line, or how large a whole file, may be. A larger one becomes a
	// dead letter with its first 64 KiB.
	MaxSize conf.Size `yaml:"max_size"`
}

const (
	lines = "lines"
	whole = "whole"
	stdin = "-"
)

// Validate reports settings that cannot work.
func (c SourceConfig) Validate() error {
	switch {
	case c.Path == "":
		return pipeline.FieldError("path", "is empty: want a file, a pattern or - for standard input")
	case c.MaxSize < 1:
		return pipeline.FieldError("max_size", "must be at least 1 byte, such as 1MiB")
	}
	if _, err := filepath.Match(c.Path, ""); err != nil {
		return pipeline.FieldError("path", "not a pattern: a [ has no ]")
	}
	return nil
}

// NewSource builds the source.
func NewSource(c SourceConfig, env *pipeline.Env) (*pipeline.Source, error) {
	s := &subscriber{config: c, clock: env.Clock}
	return &pipeline.Source{
		Subscriber: s, Topic: c.Path, Hold: pipeline.Forever, Finite: true, Ordered: true,
		Err: func() error { return s.err }, Progress: s.progress,
	}, nil
}

// subscriber implements [message.Subscriber] over files.
type subscriber struct {
	config SourceConfig
	clock  pipeline.Clock
	err    error // what ended it before its time; set before the channel closes

	read, total atomic.Int64 // bytes, as they are on disk
}

// Subscribe finds the files, makes sure that they can be read, and starts
// reading. The reading ends with ctx.
func (s *subscriber) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	paths, err := s.find()
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for _, path := range paths {
			if s.err = s.readFile(ctx, path, out); s.err != nil {
				break
			}
		}
		if errors.Is(s.err, context.Canceled) {
			s.err = nil
		}
	}()
	return out, nil
}

// Close implements [message.Subscriber]. Reading ends with the context.
func (s *subscriber) Close() error { return nil }

func (s *subscriber) progress() (done, total int64) { return s.read.Load(), s.total.Load() }

// find returns the files to read.
func (s *subscriber) find() ([]string, error) {
	if s.config.Path == stdin {
		return []string{stdin}, nil
	}
	paths, err := filepath.Glob(s.config.Path)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, s.missing()
	}
	for _, path := range paths {
		if err := s.measure(path); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func (s *subscriber) missing() error {
	if strings.ContainsAny(s.config.Path, "*?[") {
		return fmt.Errorf("no file matches %s", s.config.Path)
	}
	return fmt.Errorf("there is no file %s", s.config.Path)
}

// measure makes sure that a file can be opened and adds up the sizes. A pipe is
// left alone: to open it twice would be the end of it for its writer.
func (s *subscriber) measure(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder: want its files, as in %s", path, filepath.Join(path, "*.jsonl"))
	case !info.Mode().IsRegular():
		return nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%s may not be read: permission denied", path)
	}
	if err != nil {
		return err
	}
	s.total.Add(info.Size())
	return f.Close()
}
