package pipeline_test

import (
	"context"
	"errors"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

func TestAnEventIsStillClaimedWhileAllItsClaimsHold(t *testing.T) {
	lost := errors.New("the store is away")
	claim := func(held bool, err error) func(context.Context) (bool, error) {
		return func(context.Context) (bool, error) { return held, err }
	}
	for _, c := range []struct {
		outer, inner func(context.Context) (bool, error)
		held         bool
		err          error
	}{
		{nil, nil, true, nil},
		{claim(true, nil), nil, true, nil},
		{claim(true, nil), claim(true, nil), true, nil},
		{claim(false, nil), claim(true, nil), false, nil},
		{claim(true, nil), claim(false, nil), false, nil},
		{claim(true, lost), claim(true, nil), false, lost},
	} {
		ctx := t.Context()
		for _, held := range []func(context.Context) (bool, error){c.outer, c.inner} {
			if held != nil {
				ctx = pipeline.WithClaim(ctx, held)
			}
		}
		if held, err := pipeline.StillClaimed(ctx); held != c.held || !errors.Is(err, c.err) {
			t.Errorf("%+v: %v, %v", c, held, err)
		}
	}
}
