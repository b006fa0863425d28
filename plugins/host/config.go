package host

import (
	"encoding/hex"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Config is how a plugin is run, as a stage or as a sink.
type Config struct {
	// The plugin: a file that can be executed, below the plugin folder.
	Run string `yaml:"run,required,short"`
	// What it gets as arguments.
	Args []string `yaml:"args"`
	// The plugin's own settings. It looks at them when it is started; check starts it
	// for that, unless it runs with --static.
	Config conf.Values `yaml:"config"`
	// How long an event may take. After that the plugin is told that the event is given
	// up, and it is tried again like one that has failed.
	Timeout time.Duration `yaml:"timeout"`
	// How long the plugin may take to start.
	StartTimeout time.Duration `yaml:"start_timeout"`
	// Leat and the plugin speak mutual TLS with certificates made for each start. A
	// plugin that cannot, because it is not written in Go, says false; its socket then
	// lies in a folder that only this user can enter, as it does otherwise.
	TLS bool `yaml:"tls"`
	// The SHA-256 of the file, as 64 hexadecimal digits. A file with another one is not
	// run. Of a script this covers the file itself and not what it loads.
	SHA256 string `yaml:"sha256"`
	// Environment variables for the plugin. Of leat's own it gets no others than PATH,
	// HOME, TMPDIR, TZ, LANG and those that begin with LC_.
	Env map[string]conf.Secret `yaml:"env"`
	// Looks every second whether the file has changed, and replaces the plugin by the
	// new one. One that does not start, or does not take its settings, leaves the old
	// one running.
	Watch bool `yaml:"watch"`
	// How much memory its process may use before it is ended and started again. Linux
	// only.
	Memory conf.Size `yaml:"memory"`
	// How many processors it may use at the same time; 0 for all. Linux only.
	CPUs int `yaml:"cpus"`
	// The largest message that goes to the plugin or is taken from it. An event that
	// does not fit is rejected.
	MaxMessage conf.Size `yaml:"max_message"`
}

// Defaults are the settings of a plugin when nothing else is said.
var Defaults = Config{Timeout: 10 * time.Second, StartTimeout: 10 * time.Second, TLS: true, MaxMessage: 16 << 20}

// Validate checks what one setting cannot.
func (c Config) Validate() error {
	switch {
	case c.Timeout < time.Millisecond:
		return pipeline.FieldError("timeout", "must be at least 1ms")
	case c.StartTimeout < 100*time.Millisecond:
		return pipeline.FieldError("start_timeout", "must be at least 100ms")
	case c.MaxMessage < 1<<20 || c.MaxMessage > 1<<30:
		return pipeline.FieldError("max_message", "must be at least 1MiB and at most 1GiB")
	case c.Memory != 0 && c.Memory < 1<<20:
		return pipeline.FieldError("memory", "must be at least 1MiB")
	case c.Watch && c.SHA256 != "":
		return pipeline.FieldError("watch", "a file that has changed does not have its sha256 any more: give one of the two")
	case c.CPUs < 0:
		return pipeline.FieldError("cpus", "must not be negative")
	}
	return errors.Join(c.validateDigest(), c.validateEnv())
}

func (c Config) validateDigest() error {
	if b, err := hex.DecodeString(c.SHA256); err != nil || len(b) != 0 && len(b) != 32 {
		return pipeline.FieldError("sha256", "want 64 hexadecimal digits, as sha256sum %s prints them", filepath.Base(c.Run))
	}
	return nil
}

func (c Config) validateEnv() error {
	for name := range c.Env {
		switch {
		case name == "" || strings.ContainsAny(name, "=\x00"):
			return pipeline.FieldError("env", "%q cannot be the name of an environment variable", name)
		case strings.HasPrefix(name, "PLUGIN_") || strings.HasPrefix(name, "LEAT_PLUGIN"):
			return pipeline.FieldError("env", "%s is what leat itself tells a plugin", name)
		}
	}
	return nil
}

func (c Config) digest() []byte {
	b, _ := hex.DecodeString(c.SHA256)
	return b
}
