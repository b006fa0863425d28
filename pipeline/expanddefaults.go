package pipeline

import (
	"slices"

	"github.com/leat-io/leat/internal/conf"
)

// withDefaults writes into a file what its parts leave out and have a default for.
func (b *fileBuilder) withDefaults(root *conf.Node) *conf.Node {
	c := b.options.Catalog
	out := conf.WithDefaults(b.withState(root), fileConfig{StopTimeout: defaultStopTimeout, Plugins: defaultPlugins})
	out = changed(out, "state", func(n *conf.Node) *conf.Node {
		return completed(n, namesOf(c.States, func(d StateDef) Def { return d.Def }))
	})
	out = changed(out, "flows", func(n *conf.Node) *conf.Node { return eachField(n, b.flowWithDefaults) })
	out = changed(out, "tracing", func(n *conf.Node) *conf.Node { return conf.WithDefaults(n, defaultTracing) })
	return changed(out, "sinks", func(n *conf.Node) *conf.Node {
		return eachField(n, func(sink *conf.Node) *conf.Node {
			return completed(sink, namesOf(c.Sinks, func(d SinkDef) Def { return d.Def }))
		})
	})
}

// withState names the state store that serves a file that names none.
func (b *fileBuilder) withState(root *conf.Node) *conf.Node {
	name := b.defaultState()
	if n := root.Get("state"); n != nil && n.Kind != conf.Null || name == "" {
		return root
	}
	out := root.Without("state")
	out.Fields = append(out.Fields, field("state", mapOf(name, mapOf())))
	return out
}

func (b *fileBuilder) flowWithDefaults(n *conf.Node) *conf.Node {
	c := b.options.Catalog
	out := changed(n, "from", func(n *conf.Node) *conf.Node {
		return eachItem(n, namesOf(c.Sources, func(d SourceDef) Def { return d.Def }))
	})
	out = changed(out, "stages", func(n *conf.Node) *conf.Node {
		return eachItem(n, namesOf(c.Stages, func(d StageDef) Def { return d.Def }))
	})
	return conf.WithDefaults(out, defaultFlow)
}

// completed is a part that names its type, with the defaults of that.
func completed(n *conf.Node, defs []Def) *conf.Node {
	if n.Kind == conf.Scalar {
		n = &conf.Node{Kind: conf.Map, Fields: []conf.Field{{Key: n, Value: emptyMap(n)}}}
	}
	for _, d := range defs {
		n = changed(n, d.Name, func(settings *conf.Node) *conf.Node { return conf.WithDefaults(settings, d.Defaults) })
	}
	return n
}

// eachItem completes the items of a list, or the one that stands in its place.
func eachItem(n *conf.Node, defs []Def) *conf.Node {
	if n.Kind != conf.List {
		return completed(n, defs)
	}
	out := *n
	out.Items = make([]*conf.Node, len(n.Items))
	for i, item := range n.Items {
		out.Items[i] = completed(item, defs)
	}
	return &out
}

func eachField(n *conf.Node, f func(*conf.Node) *conf.Node) *conf.Node {
	out := *n
	out.Fields = slices.Clone(n.Fields)
	for i, field := range out.Fields {
		out.Fields[i].Value = f(field.Value)
	}
	return &out
}

// changed is a map with another value of one name, where it has that.
func changed(n *conf.Node, name string, f func(*conf.Node) *conf.Node) *conf.Node {
	out := *n
	out.Fields = slices.Clone(n.Fields)
	for i, field := range out.Fields {
		if field.Key.Value == name {
			out.Fields[i].Value = f(field.Value)
		}
	}
	return &out
}
