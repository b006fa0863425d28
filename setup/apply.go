package setup

import (
	"context"
	"fmt"
	"io"
)

// Apply makes what is missing, in order, and writes to w what becomes of each step.
// A step that fails does not keep the others from being made, unless it is needed by
// them. It stops between two steps when the context ends.
//
// failed is how many steps have failed, and left how many were not tried. Neither is
// remembered: the next plan finds what is missing.
func (p *Plan) Apply(ctx context.Context, w io.Writer) (failed, left int) {
	blocked := false
	for _, s := range p.Steps {
		switch {
		case !s.applies():
		case blocked || ctx.Err() != nil:
			left++
		default:
			if err := s.apply(ctx, w); err != nil {
				failed++
				blocked = s.Needed
			}
		}
	}
	return failed, left
}

func (s Step) apply(ctx context.Context, w io.Writer) error {
	fmt.Fprint(w, printable(fmt.Sprintf("  %-7s  %s … ", s.Action, s.What)))
	outcome, err := s.Apply(ctx)
	switch {
	case err != nil:
		fmt.Fprintf(w, "failed: %s\n", printable(err.Error()))
	case outcome != "":
		fmt.Fprintf(w, "done: %s\n", printable(outcome))
	default:
		fmt.Fprintln(w, "done")
	}
	return err
}
