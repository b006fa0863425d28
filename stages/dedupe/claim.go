package dedupe

import (
	"context"
	"fmt"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// claim asks for the right to deliver the event. While another process is delivering
// it, the event is held and looked for again: until the other one has settled it, or
// has failed or died and leaves it to us. It is not refused meanwhile, which would cost
// it a receive of its queue each time.
func (s *stage) claim(ctx context.Context, id pipeline.Digest) (pipeline.Verdict, error) {
	for pause := firstLook; ; pause = min(2*pause, longestLook) {
		verdict, err := s.claims.Claim(ctx, id)
		if err != nil {
			return verdict, fmt.Errorf("claim: %w", err)
		}
		if verdict != pipeline.Elsewhere {
			return verdict, nil
		}
		if !s.lookLater(ctx, pause) {
			return pipeline.Unsure, pipeline.ErrReturned
		}
	}
}

// claimAgain reports whether an event that was claimed before still may be delivered
// here. It does not wait for another process that has it now.
func (s *stage) claimAgain(ctx context.Context, id pipeline.Digest) (bool, error) {
	verdict, err := s.claims.Claim(ctx, id)
	return verdict == pipeline.Claimed, err
}

// A copy loses nothing by waiting a little longer than it must.
const (
	firstLook   = 50 * time.Millisecond
	longestLook = 2 * time.Second
)

// lookLater holds the event for a while, and reports false when it has to go back.
func (s *stage) lookLater(ctx context.Context, pause time.Duration) bool {
	hold := pipeline.NewHold(ctx)
	defer hold.End()
	return pipeline.Sleep(ctx, s.clock, pause, hold.BeginBehind())
}
