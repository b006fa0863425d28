package pipeline

import (
	"context"
	"errors"
	"time"
)

// noState stands in where neither the file nor the catalog has a state store.
type noState struct{}

func (noState) Claims(string) Claims { return noState{} }
func (noState) Times(string) Times   { return noState{} }

var errNoState = errors.New("the pipeline has no state store")

func (noState) Claim(context.Context, Digest) (Verdict, error) { return Unsure, errNoState }
func (noState) Commit(context.Context, Digest, time.Duration, Outcome) error {
	return errNoState
}
func (noState) Release(context.Context, Digest) error { return nil }
func (noState) Last(context.Context, string) (time.Time, bool, error) {
	return time.Time{}, false, nil
}
func (noState) Save(string, time.Time) {}
