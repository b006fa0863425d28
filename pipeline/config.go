package pipeline

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// FormatVersion is the newest version of pipeline.yaml that is understood.
const FormatVersion = 1

// fileConfig is a whole pipeline.yaml.
type fileConfig struct {
	// Version of the format of the file, which is 1.
	Version int `yaml:"version"`
	// State is where it is remembered what was delivered: a state store. Without it, in
	// a file of this machine.
	State *conf.Node `yaml:"state"`
	// Presets are files with presets of one's own, which from may name, seen from the folder
	// of this file.
	Presets PresetFiles `yaml:"presets"`
	// Plugins is what is said of all plugins.
	Plugins PluginConfig `yaml:"plugins"`
	// Admin has health, an API and a page served while the flows run. Without it they are
	// not.
	Admin *AdminConfig `yaml:"admin"`
	// Tracing has spans of the events' way sent to a collector of OpenTelemetry. Without it they
	// are not, and cost nothing.
	Tracing *TracingConfig `yaml:"tracing"`
	// Flows by their names, which may not hold spaces or slashes.
	Flows *conf.Node `yaml:"flows,required"`
	// Sinks by their names, each with its type.
	Sinks *conf.Node `yaml:"sinks"`
	// StopTimeout is how long a stop waits for events that are under way.
	StopTimeout time.Duration `yaml:"stop_timeout"`
}

// PluginConfig is what is said of all plugins.
type PluginConfig struct {
	// The folder below which the files of plugins lie. Others are not executed.
	Folder string `yaml:"folder"`
}

var defaultPlugins = PluginConfig{Folder: "plugins"}

// Validate checks what one setting cannot.
func (c fileConfig) Validate() error {
	if c.StopTimeout < time.Second {
		return FieldError("stop_timeout", "must be at least 1s")
	}
	return nil
}

// flowConfig is one flow.
type flowConfig struct {
	// From is where events come from: a source or a preset, or a list of them. With link
	// they come from other flows, which have {flow: NAME} as a target.
	From *conf.Node `yaml:"from,required"`
	// Stages are what events go through, in order.
	Stages *conf.Node `yaml:"stages"`
	// Override lays settings over those of stages, by their names; null takes a stage away.
	Override *conf.Node `yaml:"override"`
	// EitherCasing has names of fields match in either casing in the stages.
	EitherCasing bool `yaml:"either_casing"`
	// To is where the events go that have come through the stages.
	To Targets `yaml:"to"`
	// Samples are files with payloads as the source gives them, or patterns such as
	// samples/*.json, seen from the folder of this file; each line of a .jsonl file is one.
	// leat check looks in them for the fields that the stages name, and leat inspect and
	// leat prove take them. A run does not need them.
	Samples SampleFiles `yaml:"samples"`
	// Setup is what leat setup needs to know to make what the flow needs at its vendor.
	Setup *conf.Node `yaml:"setup"`
	// OnError says what happens to an event that a stage or sink cannot handle.
	OnError OnError `yaml:"on_error"`
	// MaxInFlight is how many events are worked on at the same time; those that wait in
	// a stage count for max_held instead. No further message is read while so many are.
	MaxInFlight int `yaml:"max_in_flight"`
	// MaxHeld is how many events may wait in stages before the sources are read no
	// further.
	MaxHeld int `yaml:"max_held"`
	// MaxHeldBytes is how large they may be together.
	MaxHeldBytes conf.Size `yaml:"max_held_bytes"`
}

var defaultFlow = flowConfig{
	OnError: OnError{Retry: RetryConfig{Backoff: defaultBackoff}}, MaxInFlight: 1000, MaxHeld: 20_000, MaxHeldBytes: 128 << 20,
}

// Validate checks what one setting cannot.
func (c flowConfig) Validate() error {
	switch {
	case c.MaxInFlight < 1:
		return FieldError("max_in_flight", "must be at least 1")
	case c.MaxHeld < 1:
		return FieldError("max_held", "must be at least 1")
	case c.MaxHeldBytes < 1<<20:
		return FieldError("max_held_bytes", "must be at least 1MiB")
	}
	return nil
}

// stageOptions may stand beside the type of a stage.
type stageOptions struct {
	// Name is what messages and dead letters call the stage, if not by its type.
	Name string `yaml:"name"`
}

// sinkOptions may stand beside the type of a sink.
type sinkOptions struct {
	// MaxInFlight is how many events are in the sink at the same time. Empty: as many as
	// the flows have.
	MaxInFlight int `yaml:"max_in_flight"`
	// Rate is how many events the sink gets in a time, evenly spaced. Empty: no limit.
	Rate Rate `yaml:"rate"`
	// OnError is for this sink instead of what its flows say.
	OnError *OnError `yaml:"on_error"`
}

// typed is a part of pipeline.yaml that names a type, with its settings below
// the type and the engine's options beside it: {http: {url: …}, rate: 10/s}.
type typed struct {
	name     string
	at       *conf.Node // where the type is named
	settings *conf.Node
	options  *conf.Node
}

// readTyped splits n. kind and known are for messages; options are the names
// that may stand beside the type.
func readTyped(n *conf.Node, kind string, known, options []string, p *conf.Problems) (typed, bool) {
	if n.Kind == conf.Scalar {
		return typed{name: n.Value, at: n, settings: emptyMap(n), options: emptyMap(n)}, checkName(n, kind, known, p)
	}
	if n.Kind != conf.Map {
		p.Errorf(n, "want a %s as {type: {settings}}, with one of these types: %s", kind, list(known))
		return typed{}, false
	}
	t := typed{options: emptyMap(n)}
	for _, f := range n.Fields {
		switch {
		case contains(options, f.Key.Value):
			t.options.Fields = append(t.options.Fields, f)
		case t.at != nil:
			p.Errorf(f.Key, "a %s has one type, and this one is %q already: give %q an item of its own", kind, t.name, f.Key.Value)
			return t, false
		default:
			t.name, t.at, t.settings = f.Key.Value, f.Key, f.Value
		}
	}
	if t.at == nil {
		p.Errorf(n, "the %s names no type: want one of %s", kind, list(known))
		return t, false
	}
	return t, checkName(t.at, kind, known, p)
}

func checkName(n *conf.Node, kind string, known []string, p *conf.Problems) bool {
	if contains(known, n.Value) {
		return true
	}
	suggest(p.Errorf(n, "unknown %s %q", kind, n.Value), n.Value, known)
	return false
}

// suggest adds the nearest of the known names to a problem, or all of them.
func suggest(problem *conf.Problem, name string, known []string) {
	switch near := conf.Nearest(name, known); {
	case near != "":
		problem.Hint = `did you mean "` + near + `"?`
	case len(known) > 0:
		problem.Hint = "known: " + list(known)
	default:
		problem.Hint = "the file declares none"
	}
}

func emptyMap(at *conf.Node) *conf.Node {
	return &conf.Node{File: at.File, Line: at.Line, Col: at.Col, Kind: conf.Map}
}
