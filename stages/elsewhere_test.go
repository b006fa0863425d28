package stages_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// elsewhere is a state in which another process is delivering every event.
type elsewhere struct{ *flowtest.State }

type claimedElsewhere struct{ pipeline.Claims }

func (s elsewhere) Claims(space string) pipeline.Claims {
	return claimedElsewhere{s.State.Claims(space)}
}

func (claimedElsewhere) Claim(context.Context, pipeline.Digest) (pipeline.Verdict, error) {
	return pipeline.Elsewhere, nil
}

// The store has answered, so that on_state_error has nothing to say.
func TestWhatAnotherProcessDeliversGoesBackWhenTheFlowStops(t *testing.T) {
	for _, policy := range []string{"hold", "deliver"} {
		synctest.Test(t, func(t *testing.T) {
			flow := flowOf(toOut, identify, "{dedupe: {on_state_error: "+policy+"}}")
			rig := flowtest.Start(t, flow, flowtest.Options{Catalog: catalog(), State: elsewhere{flowtest.NewState()}})
			sent := rig.Feed.Send("", event("1", "a", 1))
			settle(time.Hour)
			if err := rig.Stop(); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			if len(rig.Recorder.Got("out")) > 0 || sent.Acked() || sent.Returned() != 1 {
				t.Errorf("%s: it was delivered here, or not handed back", policy)
			}
		})
	}
}
