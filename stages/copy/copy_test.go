package copy_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const withArchive = `
version: 1
flows: {parcels: {from: feed, stages: [copy: archive], to: erp}}
sinks: {archive: record, erp: record}
`

// broken is a sink that fails until it is mended, among others that do not.
type broken struct {
	sink string

	mu     sync.Mutex
	mended bool
	calls  map[string]int
}

func (b *broken) fail(sink string, _ *pipeline.Event, attempt int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[sink] = attempt
	if sink == b.sink && !b.mended {
		return errors.New("away")
	}
	return nil
}

func (b *broken) mend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mended = true
}

func (b *broken) called(sink string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[sink]
}

func TestEventIsSettledWhenBothHaveIt(t *testing.T) {
	for _, sink := range []string{"archive", "erp"} {
		t.Run(sink+" fails", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &broken{sink: sink, calls: map[string]int{}}
				rig := flowtest.Start(t, withArchive, flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All()}, Fail: b.fail})
				sent := rig.Feed.Send("1", "{}")
				time.Sleep(time.Hour)
				synctest.Wait()
				if sent.Acked() || b.called(sink) < 10 {
					t.Errorf("settled: %v, after %d calls", sent.Acked(), b.called(sink))
				}
				b.mend()
				time.Sleep(time.Minute)
				synctest.Wait()
				if !sent.Acked() {
					t.Error("the event is not settled")
				}
				for _, s := range []string{"archive", "erp"} {
					if got := rig.Recorder.IDs(s); !slices.Equal(got, []string{"1"}) {
						t.Errorf("%s got %v", s, got)
					}
					if s != sink && b.called(s) != 1 {
						t.Errorf("%s was called %d times", s, b.called(s))
					}
				}
			})
		})
	}
}
