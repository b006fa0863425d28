package pipeline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

// sights runs a flow for payloads and returns a line for each thing that was seen.
func sights(t *testing.T, list string, payloads []string, o flowtest.Options) string {
	t.Helper()
	var mu sync.Mutex
	var lines []string
	o.Sight = func(s pipeline.Sight) {
		mu.Lock()
		defer mu.Unlock()
		line := fmt.Sprintf("%s %s %s %s", s.Step, s.Event.ID, s.What, s.After.Round(time.Second))
		if s.Err != nil {
			line += ": " + s.Err.Error()
		}
		lines = append(lines, line)
	}
	o.Catalog.Stages = append(stages.All(), slow, refuse)
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, fmt.Sprintf(metered, list, "out"), o)
		for i, p := range payloads {
			rig.Feed.Send(fmt.Sprint("m", i), p)
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		rig.Stop()
	})
	return strings.Join(lines, "\n")
}

func TestSightsAreWhatHappensAtEachStep(t *testing.T) {
	for name, c := range map[string]struct {
		stages   string
		payloads []string
		fail     func(string, *pipeline.Event, int) error
		want     string
	}{
		"a copy ends": {"{identify: {id: body.id}}, dedupe", []string{`{"id":"a"}`, `{"id":"a"}`}, nil,
			"identify a passed on 0s\ndedupe a passed on 0s\nout a settled 0s\nidentify a passed on 0s\ndedupe a ended 0s"},
		"it takes time":             {"slow", []string{`{}`}, nil, "slow m0 passed on 3s\nout m0 settled 0s"},
		"each part":                 {"{split: {each: body}}", []string{`[1,2]`}, nil, "split m0#0 passed on 0s\nout m0#0 settled 0s\nsplit m0#1 passed on 0s\nout m0#1 settled 0s"},
		"a dead letter":             {"refuse", []string{`{}`}, nil, "refuse m0 failed 0s: read it: nonsense\ndead m0 settled 0s"},
		"a route goes on elsewhere": {"{route: [{when: body.n > 0, to: dead}]}", []string{`{"n":1}`}, nil, "dead m0 settled 0s"},
		"each attempt": {"", []string{`{}`}, func(sink string, _ *pipeline.Event, n int) error {
			if sink == "out" && n == 1 {
				return errors.New("away")
			}
			return nil
		}, "out m0 failed 0s: away\nout m0 settled 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, later := range []bool{false, true} {
				got := sights(t, c.stages, c.payloads, flowtest.Options{Fail: c.fail, Later: func(string, *pipeline.Event) bool { return later }})
				if sorted(got) != sorted(c.want) { // parts that a sink settles later overlap
					t.Errorf("later %t:\n%s\nwant:\n%s", later, got, c.want)
				}
			}
		})
	}
}

func sorted(lines string) string {
	return strings.Join(slices.Sorted(strings.SplitSeq(lines, "\n")), "\n")
}

func TestWhatIsHeldGoesBackWhenTheFlowStops(t *testing.T) {
	got := sights(t, "{identify: {key: body.k, time: body.at}}, {reorder: {window: 1h}}", []string{`{"k":"a","at":"1999-12-31T23:59:00Z"}`}, flowtest.Options{})
	if want := "identify m0 passed on 0s\nreorder m0 goes back 1m0s"; got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}
