package stages_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// These tests are about what is late, and what must not become so.

func TestWhatGoesBackUnsettledIsNotLateWhenItComesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toOut, identify, "{reorder: {window: 10s, late: drop}}"), flowtest.Options{
			Catalog: catalog(), Redeliver: true,
			Fail: func(_ string, e *pipeline.Event, attempt int) error {
				if attempt > 1 {
					return nil
				}
				time.Sleep(time.Second)
				if e.ID == "1" {
					return pipeline.Reject(errors.New("not like this"))
				}
				return nil
			},
		})
		var sent []*flowtest.Sent
		for i, id := range []string{"1", "2", "3"} {
			sent = append(sent, rig.Feed.Send(id, event(id, "a", i)))
		}
		settle(time.Hour)
		if got := rig.Recorder.IDs("out"); !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("arrived %v", got)
		}
		for _, s := range sent {
			if !s.Acked() {
				t.Errorf("message %s is not settled", s.ID)
			}
		}
	})
}

func TestALateDeadLetterSendsNobodyBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toDead, identify, "{reorder: {window: 10s, late: dead_letter}}"), flowtest.Options{Catalog: catalog(), Redeliver: true})
		rig.Feed.Send("m1", event("1", "a", 100))
		settle(11 * time.Second)
		second, third := rig.Feed.Send("m2", event("2", "a", 101)), rig.Feed.Send("m3", event("3", "a", 102))
		settle(time.Second)
		rig.Feed.Send("m4", event("late", "a", 50))
		settle(time.Hour)
		if out, dead := rig.Recorder.IDs("out"), rig.Recorder.IDs("dead"); !slices.Equal(out, []string{"1", "2", "3"}) || !slices.Equal(dead, []string{"late"}) {
			t.Errorf("arrived %v, dead letters %v", out, dead)
		}
		if second.Returned()+third.Returned() != 0 {
			t.Error("held events went back")
		}
	})
}

func TestByArrivalMarksWhatComesAgainTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, flowOf(toOut, identify, "{reorder: {by: arrival}}"), flowtest.Options{
			Catalog: catalog(),
			Fail: func(_ string, e *pipeline.Event, attempt int) error {
				if e.ID == "1" && attempt == 1 {
					return pipeline.Reject(errors.New("not like this"))
				}
				return nil
			},
		})
		rig.Feed.Send("m1", event("1", "a", 1))
		settle(time.Second)
		rig.Feed.Send("m2", event("2", "a", 2))
		settle(time.Second)
		rig.Feed.Send("m1", event("1", "a", 1)) // as a queue would
		settle(time.Second)
		got := rig.Recorder.Got("out")
		if len(got) != 2 || got[1].ID != "1" {
			t.Fatalf("arrived %+v", got)
		}
		// It has a new place in the source, behind 2, so nothing is out of order.
		if got[0].Meta[pipeline.MarkGap] == "" {
			t.Error("the event behind the one that went back has no gap mark")
		}
	})
}

func TestAfterAKilledRunNothingLeavesBeforeItsPredecessorsCanBeBack(t *testing.T) {
	for _, by := range []string{"window: 10s", "by: arrival"} {
		synctest.Test(t, func(t *testing.T) {
			state := flowtest.NewState()
			state.KilledRun()
			rig := flowtest.Start(t, flowOf(toOut, identify, "{reorder: {"+by+"}}"), flowtest.Options{
				Catalog: catalog(), State: state,
				Source: &pipeline.Source{Hold: pipeline.Forever, Ordered: true, Redelivery: time.Minute},
			})
			rig.Feed.Send("m2", event("2", "a", 2))
			settle(50 * time.Second)
			if got := rig.Recorder.IDs("out"); len(got) != 0 {
				t.Errorf("%s: %v left at once", by, got)
			}
			settle(20 * time.Second)
			rig.Feed.Send("m3", event("3", "a", 3))
			settle(11 * time.Second)
			if got := rig.Recorder.IDs("out"); !slices.Equal(got, []string{"2", "3"}) {
				t.Errorf("%s: arrived %v", by, got)
			}
		})
	}
}

// What is late only against an earlier run is sorted in, also when its key was forgotten in
// between.
func TestAForgottenKeyIsStillThatOfAnEarlierRun(t *testing.T) {
	for _, quick := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			state := flowtest.NewState()
			state.QuickTimes = quick
			run := func(events ...string) []string {
				rig := flowtest.Load(t, flowOf(toOut, identify, "{reorder: {window: 10s, late: drop}}"),
					flowtest.Options{Catalog: catalog(), State: state, Source: &pipeline.Source{Finite: true, Hold: pipeline.Forever}})
				for _, e := range events {
					rig.Feed.Send("", e)
				}
				rig.Feed.End()
				rig.Run()
				if err := rig.Wait(); err != nil {
					t.Error(err)
				}
				state.NextRun()
				return rig.Recorder.IDs("out")
			}
			run(event("0", "a", 100))
			got := run(event("1", "a", 50), event("2", "b", 65), event("3", "a", 60), event("4", "b", 80))
			if len(got) != 4 {
				t.Errorf("times at hand %v: %v arrived, want all", quick, got)
			}
		})
	}
}
