package stages_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// computing is a stage that takes 100 ms and does not say so.
var computing = pipeline.DefineStage("computing", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Stage, error) {
	return pipeline.Map(func(context.Context, *pipeline.Event) error {
		time.Sleep(100 * time.Millisecond)
		return nil
	}), nil
})

// Events whose claims were answered together do not wait for each other behind a stage that
// takes long.
func TestEventsAnsweredTogetherDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := catalog()
		c.Stages = append(c.Stages, computing)
		rig := flowtest.Start(t, "version: 1\nflows: {f: {from: feed, stages: [{dedupe: {ttl: 1h}}, computing], to: out}}\nsinks: {out: record}\n",
			flowtest.Options{Catalog: c, State: answeredState{flowtest.NewState()}})
		for i := range 100 {
			rig.Feed.Send(fmt.Sprint(i), "{}")
		}
		time.Sleep(250 * time.Millisecond) // one, and then all others
		synctest.Wait()
		if n := len(rig.Recorder.Got("out")); n != 100 {
			t.Errorf("%d of 100 have arrived", n)
		}
		if err := rig.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// answeredState is askedState that always has an answer.
type answeredState struct{ *flowtest.State }

type answeredClaims struct{ *askedClaims }

func (s answeredState) Claims(space string) pipeline.Claims {
	return answeredClaims{askedState(s).Claims(space).(*askedClaims)}
}

func (c answeredClaims) ClaimLater(ctx context.Context, id pipeline.Digest, done func(*pipeline.Convoy, pipeline.Verdict, error)) bool {
	c.mu.Lock()
	c.n = 0
	c.mu.Unlock()
	return c.askedClaims.ClaimLater(ctx, id, done)
}

func (c answeredClaims) CommitLater(id pipeline.Digest, ttl time.Duration, o pipeline.Outcome, done func(error)) {
	go func() { done(c.Commit(context.Background(), id, ttl, o)) }()
}
