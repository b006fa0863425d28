package pipeline

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// part is what flows share: the state store, or a sink. It is open from the start of the
// first pipeline that has it to the end of the last one, see [Running].
type part struct {
	kind string // state or sink
	name string
	uses []string // see [Env.Uses]
	mark mark
	from int // the first of its hooks among those of the pipeline that is built

	state   State   // of a state store
	handle  Handler // of a sink
	breaker *breaker

	ailments []ailment
	gauges   []gauge

	hooks []hook
	since atomic.Int64 // when it was opened, in ns since 1970; 0 as long as it is not
}

// newPart adds a part that is about to be built. The state store is the first.
func (b *fileBuilder) newPart(kind, name string) *part {
	pt := &part{kind: kind, name: name, from: len(b.p.hooks)}
	b.p.parts = append(b.p.parts, pt)
	return pt
}

// built completes a part. When the pipeline comes after one in which the same part is open,
// it takes the place of the new one, which is never started then.
func (b *fileBuilder) built(pt *part, declared func(marker)) *part {
	m := newMarker()
	m.text(pt.kind, pt.name, b.config.Plugins.Folder)
	m.text(pt.uses...)
	declared(m)
	pt.mark = m.mark()
	if old := b.options.After.part(pt); old != nil {
		b.p.hooks = b.p.hooks[:pt.from]
		b.p.parts[len(b.p.parts)-1] = old
		return old
	}
	for i := pt.from; i < len(b.p.hooks); i++ {
		b.p.hooks[i].part = pt
	}
	pt.hooks = slices.Clone(b.p.hooks[min(pt.from, len(b.p.hooks)):])
	return pt
}

// part returns the one that is open and the same as pt, nil if there is none.
func (r *Running) part(pt *part) *part {
	if r == nil {
		return nil
	}
	for _, old := range r.Pipeline().parts {
		if old.kind == pt.kind && old.name == pt.name && old.mark == pt.mark && old.open() {
			return old
		}
	}
	return nil
}

func (pt *part) open() bool { return pt.since.Load() != 0 }

// close closes the part for good, if it is open.
func (pt *part) close() error {
	if !pt.open() {
		return nil
	}
	pt.since.Store(0)
	return closeHooks(pt.hooks)
}

// closeHooks closes the parts that were built last first.
func closeHooks(hooks []hook) error {
	var errs []error
	for _, h := range slices.Backward(hooks) {
		if h.close == nil {
			continue
		}
		if err := h.close(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", h.name, err))
		}
	}
	return errors.Join(errs...)
}
