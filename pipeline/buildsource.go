package pipeline

import (
	"fmt"
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

func (b *fileBuilder) buildSources(f *flow) {
	n := f.config.From
	if n == nil {
		return
	}
	items := sourceItems(n)
	if len(items) == 0 {
		b.problems.Errorf(n, "from: the list of sources is empty")
	}
	for _, item := range items {
		b.buildSource(f, item, sourcesIn(items) == 1)
	}
}

func sourceItems(n *conf.Node) []*conf.Node {
	if n.Kind == conf.List {
		return n.Items
	}
	return []*conf.Node{n}
}

// folds reports whether names of fields match in either casing in the flow's stages: as
// it says itself, or because all its sources are presets for which they do.
func (f *flow) folds() bool {
	return f.config.EitherCasing || len(f.sources) > 0 && !f.linked && !slices.ContainsFunc(f.sources, func(s *namedSource) bool {
		return s.preset == nil || !s.preset.file.EitherCasing
	})
}

func (b *fileBuilder) buildSource(f *flow, item *conf.Node, alone bool) {
	t, ok := readTyped(item, "source", b.fromNames(), nil, b.problems)
	if !ok {
		return
	}
	if t.name == linkSource {
		conf.Decode(t.settings, &struct{}{}, b.problems)
		f.linked = true
		return
	}
	named := &namedSource{name: sourceName(f, t.name), node: t.at}
	if def, ok := b.presetNamed(t.name); ok {
		if named.preset, ok = b.usePreset(def, t); !ok {
			f.incomplete = true
			return
		}
		t = named.preset.source
		b.addStages(f, named.preset.stages, named.name+"/", &named.stages)
	}
	named.given = t
	if b.options.Replay != nil {
		named.Source = &Source{Subscriber: ended{}, Hold: Forever, Finite: true}
		f.sources = append(f.sources, named)
		return
	}
	if !b.options.Rehearsal.takes(named) {
		named.Source = idle()
		f.sources = append(f.sources, named)
		return
	}
	def, _ := b.sourceNamed(t.name)
	settings, spool := b.splitSpool(t.settings)
	hooks := len(b.p.hooks)
	s, c, ok := def.build(settings, b.sourceEnv(f, named.name), b.problems)
	if !ok {
		return
	}
	named.Source, named.config = s, c
	b.inherit(f, named, hooks)
	f.sources = append(f.sources, named)
	if i := b.options.Isolation; i != nil {
		b.isolate(hooks)
		i.standIn(f, named, spool != nil)
		return
	}
	if spool != nil {
		b.spoolSource(f, named, *spool, alone)
	}
}

// inherit has a source that ends by itself be handed over, or takes over that of the
// flow before.
func (b *fileBuilder) inherit(f *flow, s *namedSource, hooks int) {
	if !s.Finite || b.options.Isolation != nil {
		return
	}
	m := markSource(s.given, f.uses)
	if s.estate = b.options.After.heirTo(f.name, s.name, m); s.estate != nil {
		b.p.hooks = b.p.hooks[:hooks]
		s.Source = s.estate.source
		return
	}
	s.estate = &estate{source: s.Source, mark: m, hooks: slices.Clone(b.p.hooks[hooks:])}
	for i := hooks; i < len(b.p.hooks); i++ {
		b.p.hooks[i].estate = s.estate
	}
}

// fromNames is what may stand in a flow's from.
func (b *fileBuilder) fromNames() []string {
	names := append(b.sourceNames(), linkSource)
	for _, d := range b.presets {
		if !contains(names, d.Name) {
			names = append(names, d.Name)
		}
	}
	return names
}

func (b *fileBuilder) sourceNames() []string {
	return namesOf(b.options.Catalog.Sources, func(d SourceDef) string { return d.Name })
}

func (b *fileBuilder) sourceNamed(name string) (SourceDef, bool) {
	i := slices.Index(b.sourceNames(), name)
	if i < 0 {
		return SourceDef{}, false
	}
	return b.options.Catalog.Sources[i], true
}

// linkSource is the source of a flow that other flows send events to.
const linkSource = "link"

func sourceName(f *flow, kind string) string {
	if n := len(f.sources); n > 0 {
		return fmt.Sprintf("%s#%d", kind, n+1)
	}
	return kind
}
