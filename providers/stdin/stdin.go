// Package stdin reads events from standard input, a line each, until its end.
package stdin

import (
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/file"
)

// Source declares the stdin source.
var Source = pipeline.DefineSource("stdin", Config{MaxSize: 1 << 20}, New)

// Config is the stdin source's part of pipeline.yaml.
type Config struct {
	// How long a line may be. A longer one becomes a dead letter with its first
	// 64 KiB.
	MaxSize conf.Size `yaml:"max_size"`
}

// Validate reports settings that cannot work.
func (c Config) Validate() error { return c.file().Validate() }

// New builds the source: a file source that reads "-".
func New(c Config, env *pipeline.Env) (*pipeline.Source, error) {
	return file.NewSource(c.file(), env)
}

func (c Config) file() file.SourceConfig {
	settings := file.Source.Defaults.(file.SourceConfig)
	settings.Path, settings.MaxSize = "-", c.MaxSize
	return settings
}
