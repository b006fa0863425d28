package pipeline

import (
	"time"

	"github.com/leat-io/leat/internal/conf"
)

// Catalog lists what a pipeline.yaml may name. What is not in it is not linked
// into the program.
type Catalog struct {
	Stages  []StageDef
	Sources []SourceDef
	Sinks   []SinkDef
	States  []StateDef
	Presets []PresetDef
}

// Def is what stages, sources, sinks and states have in common: a name in
// pipeline.yaml and settings with defaults.
type Def struct {
	Name string
	// Defaults is a value of the settings struct.
	Defaults any
}

// StageDef declares a kind of stage, see [DefineStage].
type StageDef struct {
	Def
	passes bool
	build  func(n *conf.Node, env *Env, p *conf.Problems) (Stage, any, bool)
}

// SourceDef declares a kind of source, see [DefineSource].
type SourceDef struct {
	Def
	build func(n *conf.Node, env *Env, p *conf.Problems) (*Source, any, bool)
}

// SinkDef declares a kind of sink, see [DefineSink].
type SinkDef struct {
	Def
	quick bool
	build func(n *conf.Node, env *Env, p *conf.Problems) (Handler, any, bool)
}

// StateDef declares a kind of state store, see [DefineState].
type StateDef struct {
	Def
	build func(n *conf.Node, env *Env, p *conf.Problems) (State, any, bool)
}

// DefineStage declares a kind of stage. Its settings are the fields of C that
// carry a yaml tag, their defaults those of defaults, their manual the comments
// on them; a method Validate() error on C checks what one field cannot, and a
// method Traits() [Traits] tells check what the stage does to events.
//
// build must not start anything: what has to be opened is opened in
// [Env.OnStart] and closed in [Env.OnClose].
func DefineStage[C any](name string, defaults C, build func(C, *Env) (Stage, error)) StageDef {
	return StageDef{Def{name, defaults}, false, builder(defaults, build)}
}

// Passes declares that the stage returns what next and targets return as it is and does
// nothing after that, as those of [Map] and [FlatMap] do, or uses [Then] or [Await] where
// it does. It may then get [ErrLater] from them, and return it. Of any other stage, the
// events that wait for a sink that stores many at once have a goroutine each.
func (d StageDef) Passes() StageDef {
	d.passes = true
	return d
}

// DefineSource declares a kind of source; [DefineStage] says what C may carry.
func DefineSource[C any](name string, defaults C, build func(C, *Env) (*Source, error)) SourceDef {
	return SourceDef{Def{name, defaults}, builder(defaults, build)}
}

// DefineSink declares a kind of sink; [DefineStage] says what C may carry. A
// sink's handler returns nil once the event is stored or delivered.
func DefineSink[C any](name string, defaults C, build func(C, *Env) (Handler, error)) SinkDef {
	return SinkDef{Def{name, defaults}, false, builder(defaults, build)}
}

// Quick declares that the sink waits for nothing, or returns [ErrLater] where it would, so
// that the engine need not let other events go on meanwhile.
func (d SinkDef) Quick() SinkDef {
	d.quick = true
	return d
}

// DefineState declares a kind of state store; [DefineStage] says what C may carry.
func DefineState[C any](name string, defaults C, build func(C, *Env) (State, error)) StateDef {
	return StateDef{Def{name, defaults}, builder(defaults, build)}
}

// builder decodes settings and builds T from them. The settings are returned
// too, for the questions that check asks them.
func builder[C, T any](defaults C, build func(C, *Env) (T, error)) func(*conf.Node, *Env, *conf.Problems) (T, any, bool) {
	return func(n *conf.Node, env *Env, p *conf.Problems) (T, any, bool) {
		var none T
		c := defaults
		if n.Kind != conf.Null && !conf.Decode(n, &c, p) {
			return none, c, false
		}
		if n.Kind == conf.Null && !conf.Decode(&conf.Node{File: n.File, Line: n.Line, Col: n.Col, Kind: conf.Map}, &c, p) {
			return none, c, false
		}
		env.node, env.problems = n, p
		built, err := build(c, env)
		if err != nil {
			p.Invalid(n, err)
			return none, c, false
		}
		return built, c, true
	}
}

// Traits is what check needs to know about a stage, to see whether the stages
// of a flow fit each other and their source.
type Traits struct {
	SetsID, SetsKey, SetsTime bool
	Splits                    bool // one event becomes many
	Dedupes                   bool
	Orders                    bool // needs a key, and a time unless ByArrival
	ByArrival                 bool
	Ends                      bool // events may leave the flow here, see CatchAll
	CatchAll                  bool // no event passes on to the next stage
	Keeps                     bool // payloads pass as they are
	Remote                    bool // may ask others over a network
	Local                     bool // needs nothing but the event: no network, file or state
	// Holds is how long an event may be held here, in normal operation.
	Holds time.Duration
	// Remembers is how long dedupe recognises an event.
	Remembers time.Duration
}

// FieldError reports a setting that cannot work, from Validate or while building.
// The message is shown at that setting's place in the file.
func FieldError(field, format string, args ...any) error {
	return conf.FieldError(field, format, args...)
}
