package stages_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// leading is a state with a lease that tests give and take.
type leading struct {
	*flowtest.State
	given chan bool // clean
	lost  chan struct{}
	held  atomic.Bool
}

func (l *leading) Lease(string) pipeline.Lease { return l }

func (l *leading) Acquire(ctx context.Context) (bool, error) {
	select {
	case clean := <-l.given:
		l.held.Store(true)
		return clean, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (l *leading) Held() bool            { return l.held.Load() }
func (l *leading) Lost() <-chan struct{} { return l.lost }
func (l *leading) Release() error        { l.held.Store(false); return nil }

func newLeading() *leading {
	return &leading{State: flowtest.NewState(), given: make(chan bool, 1), lost: make(chan struct{})}
}

const ledFlow = "{reorder: {window: 10s, mode: leader, on_death: wait}}"

func TestAStandbyReadsNothingUntilItLeads(t *testing.T) {
	for _, clean := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			state := newLeading()
			rig := flowtest.Load(t, flowOf(toOut, identify, ledFlow), flowtest.Options{Catalog: catalog(), State: state})
			sent := rig.Feed.Send("", event("1", "a", 1))
			rig.Run()
			settle(time.Hour)
			if sent.Acked() || rig.Pipeline.Stats().Read > 0 {
				t.Fatal("a standby reads")
			}
			state.given <- clean
			// After a predecessor that died, nothing goes before its events can be back.
			settle(11 * time.Second)
			if sent.Acked() != clean {
				t.Errorf("clean %v: settled %v after one window", clean, sent.Acked())
			}
			settle(time.Minute)
			if !sent.Acked() {
				t.Errorf("clean %v: not settled", clean)
			}
			if err := rig.Stop(); err != nil || state.Held() {
				t.Errorf("%v; still held: %v", err, state.Held())
			}
		})
	}
}

func TestALeaderThatWasTakenForDeadDeliversNothingAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := newLeading()
		state.given <- true
		rig := flowtest.Start(t, flowOf(toOut, identify, ledFlow), flowtest.Options{Catalog: catalog(), State: state})
		sent := rig.Feed.Send("", event("1", "a", 1))
		settle(5 * time.Second)
		state.held.Store(false) // it is paused for long, and has not noticed
		settle(6 * time.Second)
		if len(rig.Recorder.Got("out")) > 0 || sent.Acked() {
			t.Error("it delivers what others lead by now")
		}
		close(state.lost)
		if err := ends(t, rig); err == nil || !strings.Contains(err.Error(), "another replica leads now") {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestALeaderNeedsAStateThatCanTell(t *testing.T) {
	o := pipeline.Options{Catalog: catalog()}
	o.Catalog.Sources, o.Catalog.Sinks = []pipeline.SourceDef{(&given{}).define("feed")}, []pipeline.SinkDef{(&slowly{}).define()}
	_, report := pipeline.LoadText("p", "version: 1\nflows: {f: {from: feed, stages: [{reorder: {window: 10s, mode: leader}}], to: out}}\nsinks: {out: {slow: {}}}\n", o)
	if err := report.Err(); err == nil || !strings.Contains(err.Error(), "needs a state that replicas share") {
		t.Errorf("check says %v", err)
	}
}
