package tiki

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/leat-io/leat/pipeline"
)

// attempts is how often something is tried that may succeed later.
const attempts = 5

// try does something that can be done again. do looks at what is there before it makes
// anything, for the answer of an attempt before may be lost.
func (p *planner) try(ctx context.Context, do func(context.Context) error) error {
	wait := newWait()
	for attempt := 1; ; attempt++ {
		err := do(ctx)
		if err == nil || ctx.Err() != nil || !passing(err) {
			return err
		}
		if attempt == attempts {
			return fmt.Errorf("%w (tried %d times: run the same again later; what is made stays made)", err, attempts)
		}
		d := waitAfter(&wait, err)
		p.env.Log.Info("trying again", "error", err, "in", d)
		if !pipeline.Sleep(ctx, p.env.Clock, d, nil) {
			return ctx.Err()
		}
	}
}

// passing reports whether the same may succeed later. What is there already, by an answer
// that was lost or by somebody else's doing, is found by another look.
func passing(err error) bool {
	return (!lasting(err) || statusOf(err) == http.StatusConflict) && !errors.Is(err, errAmbiguous)
}

// errAmbiguous is why nothing is made where several could be meant.
var errAmbiguous = errors.New("it is not clear which one is meant")
