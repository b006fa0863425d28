package pipeline

import (
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

// Expand returns a pipeline.yaml, put together from path and the overlays, in which every
// preset is replaced by what it stands for, and *** for secrets that are written in the
// file. With places, comments say from which file and line each value is, and what
// the file leaves out is there with its default. It is nil when the report has an error.
func Expand(path string, o Options, places bool) ([]byte, *Report) {
	b, report := loadBuilder(path, o)
	if report.Err() != nil {
		return nil, report
	}
	whole := b.expanded()
	if places {
		whole = b.withDefaults(whole)
	}
	root := conf.Conceal(whole, func(n *conf.Node) {
		b.problems.Warnf(n, "a secret is written in the file; expand prints *** in its place: write it as ${NAME}")
	})
	write := conf.Write
	if places {
		write = conf.WriteWithPlaces
	}
	text, err := write(root)
	if err != nil {
		report.problems.Errorf(nil, "the file cannot be written: %v", err)
		return nil, report
	}
	return text, report
}

// expanded is the file with flows in which no preset is left.
func (b *fileBuilder) expanded() *conf.Node {
	flows := *b.config.Flows
	flows.Fields = nil
	for i, f := range b.p.flows {
		flows.Fields = append(flows.Fields, f.expanded(b.config.Flows.Fields[i])...)
	}
	root := b.root.Without("presets")
	for i, field := range root.Fields {
		if field.Key.Value == "flows" {
			root.Fields[i].Value = &flows
		}
	}
	return root
}

// expanded returns a flow without presets. Where it has several sources, each preset
// becomes a flow of its own that goes on to the flow.
func (f *flow) expanded(at conf.Field) []conf.Field {
	used := slices.IndexFunc(f.sources, func(s *namedSource) bool { return s.preset != nil })
	switch {
	case used < 0:
		return []conf.Field{at}
	case len(f.sources) == 1 && !f.linked && f.folds() == f.sources[0].preset.file.EitherCasing:
		u := f.sources[0].preset
		stages := append(u.namedStages(f.sources[0].name), listItems(at.Value.Get("stages"))...)
		return []conf.Field{{Key: at.Key, Value: f.rewritten(at.Value, u.sourceNode(), stages)}}
	}
	return f.expandedApart(at)
}

func (f *flow) expandedApart(at conf.Field) (fields []conf.Field) {
	rest := []*conf.Node{mapOf(linkSource, mapOf())}
	items := slices.DeleteFunc(slices.Clone(sourceItems(f.config.From)), isLink)
	for i, s := range f.sources {
		if s.preset == nil {
			rest = append(rest, items[i])
		} else {
			fields = append(fields, field(f.name+"."+s.name, f.presetAlone(at.Value, s)))
		}
	}
	from := &conf.Node{Kind: conf.List, Items: rest}
	return append(fields, conf.Field{Key: at.Key, Value: f.rewritten(at.Value, from, listItems(at.Value.Get("stages")))})
}

// presetAlone is a flow that holds a preset and goes on to f.
func (f *flow) presetAlone(at *conf.Node, s *namedSource) *conf.Node {
	stages := &conf.Node{Kind: conf.List, Items: s.preset.namedStages(s.name)}
	out := mapOf("from", s.preset.sourceNode(), "stages", stages, "to", mapOf("flow", conf.Text(f.name)))
	if s.preset.file.EitherCasing {
		out.Fields = append(out.Fields, field("either_casing", conf.Text("true")))
	}
	for _, name := range []string{"on_error", "max_in_flight", "max_held", "max_held_bytes"} {
		if n := at.Get(name); n != nil {
			out.Fields = append(out.Fields, field(name, n))
		}
	}
	return f.redacting(out)
}

// rewritten is a flow with another source and other stages.
func (f *flow) rewritten(n, from *conf.Node, stages []*conf.Node) *conf.Node {
	out := mapOf("from", from)
	if f.folds() {
		out.Fields = append(out.Fields, field("either_casing", conf.Text("true")))
	}
	if len(stages) > 0 {
		out.Fields = append(out.Fields, field("stages", &conf.Node{Kind: conf.List, Items: stages}))
	}
	rest := n.Without("from", "stages", "either_casing")
	out.Fields = append(out.Fields, rest.Fields...)
	return f.redacting(out)
}

// redacting is a flow whose on_error names what the presets of f hide.
func (f *flow) redacting(n *conf.Node) *conf.Node {
	names := f.secrets()
	if len(names) == 0 {
		return n
	}
	list := &conf.Node{Kind: conf.List}
	for _, name := range names {
		list.Items = append(list.Items, conf.Text(name))
	}
	onError := mapOf("redact", list)
	if given := n.Get("on_error"); given != nil && given.Kind == conf.Map {
		onError = conf.Merge(given, onError)
	}
	return conf.Merge(n, mapOf("on_error", onError))
}

func (u *presetUse) sourceNode() *conf.Node { return mapOf(u.source.name, u.source.settings) }

// namedStages are the stages under the names that they have in the flow.
func (u *presetUse) namedStages(prefix string) []*conf.Node {
	out := make([]*conf.Node, len(u.stages))
	for i, name := range stageNames(u.stages) {
		item := u.stages[i]
		if item.Kind == conf.Scalar {
			item = mapOf(item.Value, mapOf())
		}
		item = item.Without("name")
		item.Fields = append([]conf.Field{field("name", conf.Text(prefix+"/"+name))}, item.Fields...)
		out[i] = item
	}
	return out
}

func field(key string, value *conf.Node) conf.Field {
	return conf.Field{Key: conf.Text(key), Value: value}
}

// mapOf makes settings of names and values in turn.
func mapOf(pairs ...any) *conf.Node {
	n := &conf.Node{Kind: conf.Map}
	for i := 0; i < len(pairs); i += 2 {
		n.Fields = append(n.Fields, field(pairs[i].(string), pairs[i+1].(*conf.Node)))
	}
	return n
}

func listItems(n *conf.Node) []*conf.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func isLink(item *conf.Node) bool {
	return item.Kind == conf.Scalar && item.Value == linkSource || item.Get(linkSource) != nil
}
