package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/conf"
)

// Rehearsal has the flows of a file take a preset's feed from elsewhere, such as a
// double of its vendor, with everything behind the source as in the file. Other sources
// give nothing. Nothing is remembered in the state that the file names;
// [Options].DefaultState serves.
type Rehearsal struct {
	// Preset is whose feed it is. Without a flow that takes it the file cannot be used.
	Preset string
	// Settings, as in a file, replace those that say where the feed comes from. The
	// preset's parameters and its override stay as they are.
	Settings string
	// Dir is an empty folder for spools, where the file has any.
	Dir string

	spools int // so far
}

// settings returns what a use of the preset gets in place of its own settings.
func (r *Rehearsal) settings(file *presetFile, own *conf.Node, p *conf.Problems) *conf.Node {
	over, problems := conf.Parse([]conf.Source{{Name: "rehearsal", Data: []byte(r.Settings)}}, nil, nil)
	p.Include(problems)
	if over == nil {
		return own
	}
	keep := append(file.Parameters.Keys(), overrideSetting, spoolSetting)
	keep = slices.DeleteFunc(keep, func(name string) bool { return contains(file.choices(), name) })
	drop := slices.DeleteFunc(own.Keys(), func(name string) bool { return slices.Contains(keep, name) })
	kept := own.Without(drop...)
	for i, f := range kept.Fields {
		if f.Key.Value == spoolSetting && f.Value.Value != "false" {
			r.spools++
			path := conf.Text(filepath.Join(r.Dir, fmt.Sprint(r.spools)))
			kept.Fields[i].Value = mapOf("path", path).PlacedAt(f.Value)
		}
	}
	return conf.Merge(kept, over).PlacedAt(own)
}

// takes reports whether a source gives events; all do unless one feed is rehearsed.
func (r *Rehearsal) takes(s *namedSource) bool {
	return r == nil || s.preset != nil && s.preset.def.Name == r.Preset
}

// idle is a source that gives nothing until the flow stops.
func idle() *Source { return &Source{Subscriber: nothing{}, Hold: Forever} }

type nothing struct{}

func (nothing) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	context.AfterFunc(ctx, func() { close(out) })
	return out, nil
}

func (nothing) Close() error { return nil }

// checkRehearsal reports that no flow takes the feed.
func (b *fileBuilder) checkRehearsal() {
	r := b.options.Rehearsal
	if r == nil {
		return
	}
	for _, f := range b.p.flows {
		for _, s := range f.sources {
			if r.takes(s) {
				return
			}
		}
	}
	b.problems.Errorf(b.config.Flows, "no flow takes the feed of %s: write from: {%s: {…}}", r.Preset, r.Preset)
}
