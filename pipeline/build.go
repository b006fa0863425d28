package pipeline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redact"
)

// fileBuilder turns a file into a pipeline and collects everything wrong with it.
type fileBuilder struct {
	options  Options
	root     *conf.Node
	problems *conf.Problems
	config   fileConfig
	p        *Pipeline
	presets  []PresetDef // of the catalog and of the file
	alone    bool        // what presets read from is not looked at; see LoadPreset
}

// build turns files into a pipeline, which is only whole without problems.
func build(sources []conf.Source, o Options) (*fileBuilder, *Report) {
	root, problems := conf.Parse(sources, o.Getenv, o.ReadFile)
	b := &fileBuilder{options: o, root: root, problems: problems}
	if root == nil || root.Kind == conf.Null {
		if !problems.HasErrors() {
			problems.Errorf(root, "the file is empty: it needs version, flows and sinks")
		}
		return b, &Report{problems}
	}
	b.build()
	return b, &Report{problems}
}

// build turns the tree into a pipeline, unless there are problems.
func (b *fileBuilder) build() {
	b.p = newPipeline(b.options)
	if i := b.options.Isolation; i != nil {
		b.p.chance = i.Random
	}
	b.config.StopTimeout, b.config.Plugins, b.config.Tracing = defaultStopTimeout, defaultPlugins, &defaultTracing
	conf.Decode(b.root, &b.config, b.problems)
	b.checkVersion(b.root)
	b.p.stopTimeout, b.p.admin = b.config.StopTimeout, b.config.Admin
	b.traceWith()
	b.p.measure = b.p.measure || b.p.admin != nil // somebody may ask there
	b.readPresets()
	b.buildState()
	b.declareSinks()
	b.declareFlows()
	b.buildSinks()
	b.buildFlows()
	b.addHooks()
	b.link()
	b.check()
	b.checkRehearsal()
	b.checkTracing()
	b.tryOut()
	if b.problems.HasErrors() {
		return
	}
	b.addUnits()
	b.p.hide = redact.New(b.p.Secrets()...)
	for _, f := range b.p.flows {
		f.compile()
		f.entries.complete(b.problems)
	}
}

// addHooks completes what is to be done at the start, or leaves out what a replay does
// without.
func (b *fileBuilder) addHooks() {
	switch r := b.options.Replay; {
	case r == nil && b.options.Isolation == nil:
		b.p.hooks = append(b.p.hooks, hook{name: "spools", start: b.p.warnOfForgottenSpools})
	case r != nil && r.OnlySinks:
		b.p.hooks = slices.DeleteFunc(b.p.hooks, func(h hook) bool { return !h.sink })
	}
}

func (b *fileBuilder) checkVersion(root *conf.Node) {
	n := root.Get("version")
	switch v := b.config.Version; {
	case n == nil:
		b.problems.Errorf(root, `"version" is missing: write "version: %d"`, FormatVersion)
	case v > FormatVersion:
		b.problems.Errorf(n, "version %d is newer than this leat understands (%d): use a newer leat", v, FormatVersion)
	case v < 1 && isNumber(n): // what is none was reported
		b.problems.Errorf(n, `there is no version %d: write "version: %d"`, v, FormatVersion)
	}
}

func isNumber(n *conf.Node) bool {
	_, err := strconv.Atoi(n.Value)
	return err == nil
}

// buildState builds the state store that the file names, or the default one, or takes over
// that of the pipeline before.
func (b *fileBuilder) buildState() {
	s := b.newPart("state", "")
	var given typed
	b.chooseState(s, &given)
	s.state = b.p.state
	b.p.state = b.built(s, func(m marker) { m.typed(given) }).state
}

func (b *fileBuilder) chooseState(s *part, given *typed) {
	n := b.config.State
	if r := b.options.Replay; r != nil && r.OnlySinks {
		b.p.state = noState{}
		return
	}
	if n == nil || n.Kind == conf.Null || b.options.Rehearsal != nil {
		if name := b.defaultState(); name != "" {
			at := &conf.Node{Kind: conf.Scalar, Value: name, Plain: true}
			n = &conf.Node{Kind: conf.Map, Fields: []conf.Field{{Key: at, Value: emptyMap(at)}}}
		} else {
			b.p.state = noState{}
			b.isolateState(nil, s.from)
			return
		}
	}
	names := namesOf(b.options.Catalog.States, func(d StateDef) string { return d.Name })
	t, ok := readTyped(n, "state store", names, nil, b.problems)
	b.p.state = noState{}
	if !ok {
		return
	}
	def := b.options.Catalog.States[slices.Index(names, t.name)]
	*given = t
	store, _, ok := def.build(t.settings, b.envOf(s, t.name), b.problems)
	if ok {
		b.p.state = store
	}
	b.isolateState(store, s.from)
}

func (b *fileBuilder) defaultState() string {
	if states := b.options.Catalog.States; b.options.DefaultState == "" && len(states) > 0 {
		return states[0].Name
	}
	return b.options.DefaultState
}

func (b *fileBuilder) env(name string, f *flow) *Env {
	env := &Env{Name: name, Clock: b.options.Clock, Log: b.options.Log.With("part", name), Plugins: b.config.Plugins, pipeline: b.p, flow: f}
	if f != nil {
		env.Flow = f.name
		env.Log = b.options.Log.With("flow", f.name, "part", name)
	}
	return env
}

// envOf is the env of a part that belongs to no flow.
func (b *fileBuilder) envOf(pt *part, name string) *Env {
	env := b.env(name, nil)
	env.kind, env.part = pt.kind, pt
	return env
}

// Kinds of the envs of sources and sinks.
const (
	kindSource = KindSource
	kindSink   = KindSink
)

func (b *fileBuilder) sourceEnv(f *flow, name string) *Env {
	env := b.env(name, f)
	env.kind = kindSource
	return env
}

// namesOf is something of each definition, such as its name.
func namesOf[D, T any](defs []D, name func(D) T) []T {
	out := make([]T, len(defs))
	for i, d := range defs {
		out[i] = name(d)
	}
	return out
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }

func list(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	return strings.Join(sorted, ", ")
}
