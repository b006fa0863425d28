package stages_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// slowSaves is a store whose first save of a time waits a little for the second.
type slowSaves struct{ pipeline.State }

func (s slowSaves) Times(space string) pipeline.Times {
	return &slowTimes{Times: s.State.Times(space)}
}

type slowTimes struct {
	pipeline.Times
	saves atomic.Int32
	mu    sync.Mutex
}

func (t *slowTimes) Save(key string, at time.Time) {
	if t.saves.Add(1) == 1 {
		for i := 0; i < 100_000 && t.saves.Load() == 1; i++ {
			runtime.Gosched() // a sleep would wait for whoever waits for us
		}
		for range 1000 {
			runtime.Gosched()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Times.Save(key, at)
}

// The next event of a key may be through before the time of the one before it is
// saved. After a restart the newest counts.
func TestTheNewestReleasedTimeIsWhatIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := flowtest.NewState()
		flow := flowOf(toOut, identify, "{reorder: {window: 10s}}")
		rig := flowtest.Start(t, flow, flowtest.Options{Catalog: catalog(), State: slowSaves{state}})
		rig.Feed.Send("m1", event("1", "a", 1))
		rig.Feed.Send("m3", event("3", "a", 3))
		settle(time.Minute)
		if err := rig.Stop(); err != nil {
			t.Fatal(err)
		}
		state.NextRun()
		rig = flowtest.Start(t, flow, flowtest.Options{Catalog: catalog(), State: state})
		rig.Feed.Send("m2", event("2", "a", 2))
		settle(time.Minute)
		got := rig.Recorder.Got("out")
		if len(got) != 1 || got[0].Meta[pipeline.MarkLate] == "" {
			t.Errorf("what came after a later event of an earlier run is not marked late: %+v", got)
		}
	})
}
