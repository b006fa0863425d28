package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim/prove"
)

func TestWhatAProofSaysOfAMistake(t *testing.T) {
	var out bytes.Buffer
	s := newProofScreen(terminal{&out, &out}, "parcels", 1000, 7)
	s.report(&prove.Report{
		Totals: prove.Totals{Runs: 12, Deliveries: 1204, Crashes: 1, Outages: 3, Lost: 1, Copies: 2, Virtual: 90 * time.Hour},
		Events: 16, Promises: pipeline.Passed{Dedupe: true, Order: true},
		Story: &prove.Story{
			Violation: prove.Violation{Kind: prove.Lost, What: "event e1 never arrived"}, Tried: 40,
			Lines: []prove.Line{
				{What: "message m1 comes: e1 at 09:00:00", Times: 1},
				{At: 1500 * time.Millisecond, What: "shop is away: it does not take e1", Times: 3},
				{At: 2 * time.Hour, What: "the process is killed, before it had recorded an event", Times: 1},
			},
		},
	}, 2*time.Second)
	want := `parcels: 12 schedules of 16 events

  ✗ lost                    1   every event arrived, or is a dead letter
  ✓ out of order            0   of a key, by event time
  ✓ delivered twice         0   once their source knew that they had arrived
    duplicates              2   were under way at a crash, or were given back

  1,204 deliveries, 1 crash, 3 outages of sinks
  90.0 hours of the flow's time in 2.0 s, seed 7

lost: event e1 never arrived

The shortest schedule that shows it, of 40 that were tried:

    0s  message m1 comes: e1 at 09:00:00
  1.5s  shop is away: it does not take e1 (3 times)
    2h  the process is killed, before it had recorded an event

  again: leat prove parcels --seed 7
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
