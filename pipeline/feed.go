package pipeline

import (
	"github.com/leat-io/leat/internal/conf"
)

// Feed is a source of a flow that a preset made.
type Feed struct {
	Flow   string
	Preset string
	// Config holds the settings of the source, such as an sqs.SourceConfig.
	Config any
	// Parameters are the values of the preset's parameters, given or by default.
	Parameters map[string][]string
	// Setup is the `setup` of the flow, an empty map where it has none.
	Setup *conf.Node
}

// Feeds reads a pipeline.yaml as [Load] does and returns the feeds of one of its flows,
// in the order of its sources. They are nil when the report has an error.
func Feeds(path, name string, o Options) ([]Feed, *Report) {
	o.setupOf = name
	b, report := loadBuilder(path, o)
	if report.Err() != nil {
		return nil, report
	}
	f := b.p.flow(name)
	if f == nil {
		suggest(b.problems.Errorf(nil, "there is no flow %q", name), name, namesOf(b.p.flows, func(f *flow) string { return f.name }))
		return nil, report
	}
	return f.feeds(), report
}

func (f *flow) feeds() (list []Feed) {
	setup := f.config.Setup
	if setup == nil || setup.Kind == conf.Null {
		setup = emptyMap(f.node)
	}
	for _, s := range f.sources {
		if s.preset != nil {
			list = append(list, Feed{f.name, s.preset.def.Name, s.config, s.preset.texts(), setup})
		}
	}
	return list
}

// texts are the values of the parameters as texts.
func (u *presetUse) texts() map[string][]string {
	out := map[string][]string{}
	for name, n := range u.values {
		switch n.Kind {
		case conf.Scalar:
			out[name] = []string{n.Value}
		case conf.List:
			for _, item := range n.Items {
				out[name] = append(out[name], item.Value)
			}
		}
	}
	return out
}

// Settings gives access to the problems, for what reads more of the file.
func (r *Report) Settings() *conf.Problems { return r.problems }
