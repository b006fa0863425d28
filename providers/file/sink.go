package file

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// Sink declares the file sink.
var Sink = pipeline.DefineSink("file", SinkConfig{Format: pipeline.FormatLines, Fsync: fsyncNone}, NewSink).Quick()

// SinkConfig is the file sink's part of pipeline.yaml.
type SinkConfig struct {
	// The file that events are appended to; its folder is made. {date} stands
	// for the day of the event time in UTC, such as 2026-03-31.
	Path string `yaml:"path,required,short"`
	// What a line holds: lines, the event's bytes; or envelope, an object
	// {v, id, key, time, type, meta, body}.
	Format pipeline.Format `yaml:"format"`
	// When a written event counts as delivered: none, once the operating system
	// has it, so that a killed process loses nothing but a power failure may;
	// always, once it is on the disk.
	Fsync string `yaml:"fsync" values:"none always"`
}

const (
	fsyncNone   = "none"
	fsyncAlways = "always"
	dateMark    = "{date}"
)

// Validate reports settings that cannot work.
func (c SinkConfig) Validate() error {
	switch {
	case c.Path == "":
		return pipeline.FieldError("path", "is empty")
	case strings.ContainsAny(strings.ReplaceAll(c.Path, dateMark, ""), "{}"):
		return pipeline.FieldError("path", "knows no {…} but {date}")
	}
	return nil
}

// NewSink builds the sink. An event is settled once its line is written; a line
// that could not be written whole is taken back, and the event tried again.
func NewSink(c SinkConfig, env *pipeline.Env) (pipeline.Handler, error) {
	s := newSink(c, env.Clock, env.Log)
	env.OnStart(func(context.Context) error {
		if s.dated {
			return nil
		}
		return s.files.openNow(c.Path)
	})
	env.OnClose(s.files.close)
	return s.deliver, nil
}

func newSink(c SinkConfig, clock pipeline.Clock, log *slog.Logger) *sink {
	return &sink{
		config:  c,
		dated:   strings.Contains(c.Path, dateMark),
		files:   files{open: map[string]*appender{}, fsync: c.Fsync == fsyncAlways, clock: clock, log: log},
		buffers: sync.Pool{New: func() any { return new([]byte) }},
	}
}

type sink struct {
	config SinkConfig
	dated  bool
	files  files
	// buffers are for lines that are being written.
	buffers sync.Pool
}

func (s *sink) deliver(ctx context.Context, e *pipeline.Event) error {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	line, err := s.config.Format.AppendLine((*buffer)[:0], e)
	if err != nil {
		return err
	}
	*buffer = line
	a, err := s.files.get(s.path(e))
	if err != nil {
		return err
	}
	if later := pipeline.Later(ctx); later != nil {
		a.add(line, later)
		return pipeline.ErrLater
	}
	return a.append(line)
}

// path returns the file for an event.
func (s *sink) path(e *pipeline.Event) string {
	if !s.dated {
		return s.config.Path
	}
	day := "undated"
	if !e.Time.IsZero() {
		day = e.Time.UTC().Format("2006-01-02")
	}
	return strings.ReplaceAll(s.config.Path, dateMark, day)
}
