package prove

import (
	"fmt"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// What was tried counts when no more is to be tried.
func TestAProofThatIsStoppedSaysWhatItKnows(t *testing.T) {
	still := sim.NewStillness()
	defer still.Close()
	tried := 0
	r, err := Prove(Options{
		Flow: "f", Runs: 1000, Seed: 1, Options: pipeline.Options{Catalog: catalog(nil)},
		Load: func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
			return pipeline.LoadText("flow.yaml", fmt.Sprintf(flow, "queue"), o)
		},
		Samples:  [][]byte{[]byte(`{"id": "event-a", "k": "P", "t": "2026-03-14T09:00:00Z"}`)},
		Progress: func(t Totals) { tried = t.Runs },
		Stopped:  func() bool { return tried == 3 },
	}, still)
	if err != nil || r.Runs != 3 || r.Events == 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
