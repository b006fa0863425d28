// Package stdout writes events to standard output, a line each.
package stdout

import (
	"context"
	"os"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// Sink declares the stdout sink.
var Sink = pipeline.DefineSink("stdout", Config{Format: pipeline.FormatLines}, New)

// Config is the stdout sink's part of pipeline.yaml.
type Config struct {
	// What a line holds: lines, the event's bytes; or envelope, an object
	// {v, id, key, time, type, meta, body}.
	Format pipeline.Format `yaml:"format"`
}

// New builds the sink. An event is settled once its line is written.
func New(c Config, _ *pipeline.Env) (pipeline.Handler, error) {
	var mu sync.Mutex
	return func(_ context.Context, e *pipeline.Event) error {
		line, err := c.Format.AppendLine(nil, e)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		_, err = os.Stdout.Write(line)
		return err
	}, nil
}
