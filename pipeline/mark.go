package pipeline

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"slices"
)

// mark is a digest of everything that a part of a file is declared with, so that two with
// the same mark do the same. It is made after variables, overlays and presets.
type mark [sha256.Size]byte

// marker makes a mark.
type marker struct{ h hash.Hash }

func newMarker() marker { return marker{sha256.New()} }

func (m marker) text(all ...string) {
	for _, s := range all {
		fmt.Fprintf(m.h, "%d:%s", len(s), s)
	}
}

func (m marker) typed(t typed) {
	m.text(t.name)
	t.settings.Sum(m.h)
	t.options.Sum(m.h)
}

func (m marker) mark32(of mark) { m.h.Write(of[:]) }

func (m marker) mark() mark { return mark(m.h.Sum(nil)) }

// Uses says, before the part is built from them, that what the part does depends on what is
// in these files: when that has changed, a reload takes the part for another one. It is
// not for files that the part looks at again by itself. A path that is empty is none.
func (env *Env) Uses(paths ...string) {
	for _, path := range paths {
		if path == "" {
			continue
		}
		data, err := env.pipeline.read(path)
		note := fmt.Sprintf("%s %x %t", path, sha256.Sum256(data), err == nil)
		switch {
		case env.part != nil:
			env.part.uses = append(env.part.uses, note)
		case env.flow != nil:
			env.flow.uses = append(env.flow.uses, note)
		}
	}
}

// mark is that of a unit: its flows, what they share with others, and what the file says
// for all.
func (b *fileBuilder) mark(u *unit) mark {
	m := newMarker()
	m.text(b.p.stopTimeout.String(), b.config.Plugins.Folder)
	m.text(b.p.Secrets()...) // hidden in what any flow writes down
	m.mark32(b.p.parts[0].mark)
	for _, f := range slices.SortedFunc(slices.Values(u.flows), func(a, b *flow) int { return cmp.Compare(a.name, b.name) }) {
		b.markFlow(m, f)
	}
	return m.mark()
}

func (b *fileBuilder) markFlow(m marker, f *flow) {
	m.text(f.name)
	f.value.Without(setupSetting).Sum(m.h)
	for _, s := range f.sources {
		m.typed(s.given)
		if u := s.preset; u != nil {
			m.text(fmt.Sprint(u.file.EitherCasing))
			for _, stage := range u.stages {
				stage.Sum(m.h)
			}
		}
	}
	m.text(f.uses...)
	for _, s := range slices.SortedFunc(maps.Keys(f.sinks), func(a, b *sink) int { return cmp.Compare(a.name, b.name) }) {
		m.text(s.name)
		m.mark32(s.part.mark)
	}
}

// setupSetting is only read by leat setup.
const setupSetting = "setup"

// markSource is what a source is known by to the flow that comes after its own.
func markSource(t typed, uses []string) mark {
	m := newMarker()
	m.typed(t)
	m.text(uses...)
	return m.mark()
}
