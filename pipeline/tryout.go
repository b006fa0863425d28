package pipeline

import (
	"context"

	"github.com/leat-io/leat/internal/conf"
)

// try is something that a part of a file wants to try while the file is checked.
type try struct {
	env *Env
	f   func(ctx context.Context) error
}

// OnTryOut has f called when the file is only checked, with [Options.TryOut], and is fine
// so far. What it finds wrong is reported at the part's place in the file; a [FieldError]
// at its setting. f leaves nothing running.
func (env *Env) OnTryOut(f func(ctx context.Context) error) {
	env.pipeline.tries = append(env.pipeline.tries, try{env, f})
}

// tryOut has the parts of a file without problems try what they want to.
func (b *fileBuilder) tryOut() {
	if !b.options.TryOut || b.problems.HasErrors() {
		return
	}
	for _, t := range b.p.tries {
		if err := t.f(context.Background()); err != nil {
			b.problems.Invalid(t.env.node, err)
		}
	}
}

// Placed returns err as a problem at the part's place in the file, with the line; a
// [FieldError] at its setting. It is for what is found wrong when a part is started.
func (env *Env) Placed(err error) error {
	var p conf.Problems
	p.Invalid(env.node, err)
	return p.Err()
}
