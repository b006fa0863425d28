package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// declareFlows makes all flows known by name before any is built, so that they
// can name each other.
func (b *fileBuilder) declareFlows() {
	if b.config.Flows == nil {
		return
	}
	if b.config.Flows.Kind != conf.Map || len(b.config.Flows.Fields) == 0 {
		b.problems.Errorf(b.config.Flows, "flows: want at least one flow, as name: {from: …, stages: […], to: …}")
		return
	}
	for _, field := range b.config.Flows.Fields {
		f := &flow{name: field.Key.Value, node: field.Key, value: field.Value, sinks: map[*sink]bool{}, pipeline: b.p, measure: b.p.measure, clock: b.options.Clock, config: defaultFlow, stopping: make(chan struct{})}
		f.hard, f.kill = context.WithCancel(context.Background())
		if strings.ContainsAny(f.name, "/ \t") || f.name == "" {
			b.problems.Errorf(field.Key, "the name of a flow may not be empty or hold spaces or slashes")
		}
		conf.Decode(field.Value, &f.config, b.problems)
		if b.options.setupOf != f.name {
			b.problems.Forget(f.config.Setup)
		}
		f.limits = newLimits(f.config)
		f.group = &numbering{}
		b.p.flows = append(b.p.flows, f)
	}
}

func (b *fileBuilder) buildFlows() {
	for _, f := range b.p.flows {
		f.policy = b.p.policy(f, &f.config.OnError, &policy{backoff: defaultBackoff}, b.problems)
		b.buildSources(f)
		b.buildStages(f)
		b.addReplay(f)
		if len(f.config.To) > 0 {
			f.targets = b.end(f).targetWith(f.config.To, b.problems)
		}
	}
}

// end is the env of what follows the last stage.
func (b *fileBuilder) end(f *flow) *Env {
	env := b.env("to", f)
	env.passes = true
	return env
}

// targetWith is [Env.Target] before the env has a place in the file.
func (env *Env) targetWith(t Targets, p *conf.Problems) Handler {
	env.problems = p
	return env.Target(t)
}

func (b *fileBuilder) buildStages(f *flow) {
	n := f.config.Stages
	if n == nil || n.Kind == conf.Null {
		n = emptyMap(f.node)
		n.Kind = conf.List
	}
	if n.Kind != conf.List {
		b.problems.Errorf(n, `stages: want a list, each item a stage such as "- dedupe: {ttl: 24h}"`)
		return
	}
	items := n.Items
	if over := f.config.Override; over != nil && over.Kind != conf.Null {
		items = b.override(items, over, "flow")
	}
	for _, item := range items {
		if f.folds() {
			item.FoldCase()
		}
	}
	b.addStages(f, items, "", &f.stages)
}

// addStages builds stages and adds each to a list as soon as it is built. The prefix is
// that of their names.
func (b *fileBuilder) addStages(f *flow, items []*conf.Node, prefix string, list *[]*builtStage) {
	names := namesOf(b.options.Catalog.Stages, func(d StageDef) string { return d.Name })
	ordinal := map[string]int{}
	taken := map[string]bool{}
	for _, item := range items {
		t, ok := readTyped(item, "stage", names, []string{"name"}, b.problems)
		if !ok {
			f.incomplete = true
			continue
		}
		var o stageOptions
		conf.Decode(t.options, &o, b.problems)
		ordinal[t.name]++
		space := prefix + address(t.name, ordinal[t.name])
		name := prefix + o.Name
		if o.Name == "" {
			name = space
		}
		if taken[name] {
			b.problems.Errorf(item, "the flow has a stage named %q already", name)
		}
		taken[name] = true
		def := b.options.Catalog.Stages[slices.Index(names, t.name)]
		env := b.env(name, f)
		env.space, env.passes = f.name+"/"+space, def.passes
		// A stage that could not be built keeps its place, so that check sees
		// the flow as it is meant.
		s, c, ok := def.build(t.settings, env, b.problems)
		f.incomplete = f.incomplete || !ok
		built := &builtStage{name, t.at, s, c, traitsOf(c), def.passes, t}
		b.refuseRemote(f.name, built)
		b.observe(built)
		b.watched(f.name, built)
		*list = append(*list, built)
	}
}

func traitsOf(c any) Traits {
	if t, ok := c.(interface{ Traits() Traits }); ok {
		return t.Traits()
	}
	return Traits{}
}

// address names the n-th stage of a type.
func address(kind string, n int) string {
	if n == 1 {
		return kind
	}
	return fmt.Sprintf("%s#%d", kind, n)
}
