package tiki

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

const window = "{identify: {key: body.payload.order_code, time: [{from: body.created_at, layout: unix_ms}]}}, {reorder: {window: 2m}}"

func TestAWindowWithoutASpoolIsSlowAndEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		push(t, s, 0, 250)
		rig := flowtest.Start(t, flow(s, window), flowtest.Options{Catalog: ours(s)})
		settle(3 * time.Minute)
		if n := len(rig.Recorder.Got("out")); n != 100 {
			t.Errorf("%d events after one window", n)
		}
		settle(4 * time.Minute)
		if n := len(rig.Recorder.Got("out")); n != 250 || removed(s) != 250 {
			t.Errorf("%d events, %d removed", n, removed(s))
		}
		inOrder(t, rig)
		stop(t, rig)
	})
}

// inOrder fails when events of an order did not arrive in their order.
func inOrder(t *testing.T, rig *flowtest.Rig) {
	t.Helper()
	last := map[string]int{}
	for _, g := range rig.Recorder.Got("out") {
		var e struct{ Payload struct{ N int } }
		if err := json.Unmarshal([]byte(g.Body), &e); err != nil {
			t.Fatal(err)
		}
		if before, ok := last[g.Key]; ok && before > e.Payload.N {
			t.Errorf("order %s: %d came after %d", g.Key, e.Payload.N, before)
		}
		last[g.Key] = e.Payload.N
	}
}

func TestWithASpoolEventsAreRemovedOnceTheyAreOnTheDisk(t *testing.T) {
	s := tikitest.New(t, tikitest.Options{})
	s.AddQueue("q")
	push(t, s, 0, 250)
	folder := filepath.Join(t.TempDir(), "spool")
	text := strings.Replace(flow(s, window), from(s, ""), from(s, fmt.Sprintf(", spool: {path: %q}", folder)), 1)
	rig := flowtest.Start(t, text, flowtest.Options{Catalog: pipeline.Catalog{Stages: ours(s).Stages, Sources: []pipeline.SourceDef{Source}}})
	eventually(t, "all are removed", func() bool { return removed(s) == 250 })
	if n := len(rig.Recorder.Got("out")); n > 0 {
		t.Errorf("%d came through a window of two minutes", n)
	}
	if err := rig.Stop(); err != nil {
		t.Error(err)
	}
}

func TestCheckAsksForASpoolBehindWhichEventsAreHeld(t *testing.T) {
	s := newServer(t, tikitest.Options{})
	for more, want := range map[string]bool{"": true, ", spool: true": false} {
		text := strings.Replace(flow(s, window), from(s, ""), from(s, more), 1)
		_, report := pipeline.LoadText("p.yaml", text, pipeline.Options{Catalog: withRecorder(ours(s))})
		var said strings.Builder
		report.Print(&said)
		if got := strings.Contains(said.String(), "tiki: {…, spool: true}"); got != want || report.Err() != nil {
			t.Errorf("%q: %s", more, &said)
		}
	}
}

func TestEventsThatAreOrderedByArrivalAllArriveWhenSomeGoBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{})
		push(t, s, 0, 60)
		text := strings.Replace(handingBack(s), "stages: []", "stages: [{identify: {key: body.payload.order_code}}, {reorder: {by: arrival}}]", 1)
		rig := flowtest.Start(t, text, flowtest.Options{Catalog: ours(s), Fail: func(_ string, e *pipeline.Event, attempt int) error {
			if e.ID[len(e.ID)-1] == '7' && attempt < 9 {
				return fmt.Errorf("not yet")
			}
			return nil
		}})
		settle(time.Hour)
		got := rig.Recorder.IDs("out")
		if slices.Sort(got); len(slices.Compact(got)) != 60 || removed(s) != 60 {
			t.Errorf("%d delivered, %d removed", len(got), removed(s))
		}
		stop(t, rig)
	})
}
