package prove

import (
	"fmt"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

func BenchmarkSchedules(b *testing.B) {
	still := sim.NewStillness()
	defer still.Close()
	text := fmt.Sprintf(flow, "queue")
	_, err := Prove(Options{
		Flow: "f", Runs: b.N, Seed: 1, Options: pipeline.Options{Catalog: catalog(nil)},
		Load: func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
			return pipeline.LoadText("flow.yaml", text, o)
		},
		Samples: [][]byte{[]byte(`{"id": "event-a", "k": "P", "t": "2026-03-14T09:00:00Z"}`)},
	}, still)
	if err != nil {
		b.Fatal(err)
	}
}
