package pipeline

import "context"

// WithClaim returns the context of an event that was claimed. Stages behind that have
// held the event for long may ask held whether it still is; see [StillClaimed].
func WithClaim(ctx context.Context, held func(context.Context) (bool, error)) context.Context {
	return &claimed{ctx, held}
}

type claimed struct {
	context.Context
	held func(context.Context) (bool, error)
}

type claimKey struct{}

func (c *claimed) Value(key any) any {
	if key == (claimKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// StillClaimed asks whether every claim on the event still holds. One that does not
// belongs to another process, which took this one for dead: the event goes back with
// [ErrReturned], for it is delivered there, or was. An event that nobody has claimed
// counts as claimed.
func StillClaimed(ctx context.Context) (bool, error) {
	for c, _ := ctx.Value(claimKey{}).(*claimed); c != nil; c, _ = c.Context.Value(claimKey{}).(*claimed) {
		if held, err := c.held(ctx); err != nil || !held {
			return false, err
		}
	}
	return true, nil
}
