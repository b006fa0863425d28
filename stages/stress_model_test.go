package stages_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// stressed is a flow under stress and what came of it.
type stressed struct {
	plan

	mu       sync.Mutex
	ahead    []plannedEvent // by id, with the failures and rejections that are still to come
	log      []visit
	problems []string
	dropped  int64
}

// visit is what a sink had to say to an event.
type visit struct {
	run, id int
	what    string // arrived, failed, rejected or dead
	at      time.Time
	seq     pipeline.Seq
	meta    map[string]string
}

func (s *stressed) run(t *testing.T) {
	state, left := flowtest.NewState(), s.messages
	state.QuickTimes = s.quickTimes
	for run, stop := range append(s.stops[:len(s.stops):len(s.stops)], longEnough) {
		left = s.runOnce(t, run, stop, state, left)
		state.NextRun()
	}
	for _, m := range left {
		s.problems = append(s.problems, fmt.Sprintf("a message of event %d is not settled in the end", m.event))
	}
}

// runOnce runs the flow until it is stopped and returns what is left for the
// next run.
func (s *stressed) runOnce(t *testing.T, run int, stop time.Duration, state *flowtest.State, in []plannedMessage) []plannedMessage {
	o := flowtest.Options{Catalog: catalog(), Redeliver: s.live, State: state, Fail: s.sink(run)}
	if s.slowState {
		o.State = slowState{state}
	}
	if s.laterState {
		o.State = laterState{state}
	}
	if s.askedState {
		o.State = askedState{state}
	}
	if s.later {
		o.Later = func(_ string, e *pipeline.Event) bool { return e.Seq.Message%2 == 0 }
	}
	if !s.live {
		o.Source = &pipeline.Source{Finite: true, Hold: pipeline.Forever}
	}
	rig := flowtest.Load(t, s.yaml(), o)
	ends := time.Now().Add(stop)
	rig.Run()
	sent := s.send(rig, in, stop)
	settle(time.Until(ends))
	err := rig.Stop()
	if took := time.Since(ends); took > 150*time.Second {
		s.problems = append(s.problems, fmt.Sprintf("stop %d took %s: %v", run, took, err))
	}
	synctest.Wait()
	s.dropped += rig.Pipeline.Stats().Sum(pipeline.CountDropped)
	return unsettled(in, sent, stop)
}

// sink notes each visit of an event and answers as planned.
func (s *stressed) sink(run int) func(string, *pipeline.Event, int) error {
	return func(sink string, e *pipeline.Event, _ int) (err error) {
		v := visit{run: run, what: "dead", seq: e.Seq, meta: maps.Collect(e.AllMeta())}
		v.id, _ = strconv.Atoi(e.ID)
		if sink == "out" {
			time.Sleep(s.events[v.id].takes)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if sink == "out" {
			v.what, err = s.answer(v.id, run)
		}
		v.at = time.Now()
		s.log = append(s.log, v)
		return err
	}
}

// answer rejects nothing in the last run of a finite source, which does not give
// it again.
func (s *stressed) answer(id, run int) (what string, err error) {
	switch ahead := &s.ahead[id]; {
	case ahead.failures > 0:
		ahead.failures--
		return "failed", errAway
	case ahead.rejections > 0 && (s.live || run < len(s.stops)):
		ahead.rejections--
		return "rejected", pipeline.Reject(errors.New("not like this"))
	}
	return "arrived", nil
}

// wrong says what the flow did that it must not do.
func (s *stressed) wrong() []string {
	return slices.Concat(s.problems, s.lostOrRepeated(), s.withoutGapMark(), s.outOfTime(), s.outOfArrival())
}

// lostOrRepeated: every event arrives or becomes a dead letter, once. Only those
// that are late may be neither, if they are to be dropped, and all drops are
// counted.
func (s *stressed) lostOrRepeated() (wrong []string) {
	settled, missing := map[int]int{}, int64(0)
	for _, v := range s.log {
		if v.what == "arrived" || v.what == "dead" {
			settled[v.id]++
		}
	}
	for id := range s.events {
		if settled[id] > 1 {
			wrong = append(wrong, fmt.Sprintf("event %d was settled %d times", id, settled[id]))
		}
		if settled[id] == 0 {
			missing++
			if s.late != "drop" {
				wrong = append(wrong, fmt.Sprintf("event %d is lost", id))
			}
		}
	}
	if missing > s.dropped {
		wrong = append(wrong, fmt.Sprintf("%d events are missing, %d were dropped", missing, s.dropped))
	}
	return wrong
}

// withoutGapMark: what arrives next in a key after another event was rejected
// says that there is a gap, or that it is late itself.
func (s *stressed) withoutGapMark() (wrong []string) {
	rejected := map[string]visit{} // by key, until something arrives
	for _, v := range s.log {
		key := s.events[v.id].key
		switch v.what {
		case "rejected":
			rejected[key] = v
		case "arrived":
			gap, follows := rejected[key]
			delete(rejected, key)
			if follows && gap.run == v.run && gap.id != v.id && v.meta[pipeline.MarkGap] == "" && v.meta[pipeline.MarkLate] == "" {
				wrong = append(wrong, fmt.Sprintf("event %d came after %d was rejected and has no gap mark", v.id, gap.id))
			}
		}
	}
	return wrong
}

// outOfTime: by time, what arrives after a later event of its key is marked,
// also when that one arrived in an earlier run.
func (s *stressed) outOfTime() (wrong []string) {
	newest := map[string]time.Duration{}
	for _, v := range s.log {
		e := s.events[v.id]
		if s.by != "time" || v.what != "arrived" || e.time == untimed || e.time >= wrongTime {
			continue
		}
		if e.time < newest[e.key] && v.meta[pipeline.MarkLate] == "" {
			wrong = append(wrong, fmt.Sprintf("event %d arrived after a later one and is not marked", v.id))
		}
		newest[e.key] = max(newest[e.key], e.time)
	}
	return wrong
}

// outOfArrival: by arrival, what arrives after an event of its key that the
// source gave later is marked. Each run counts anew.
func (s *stressed) outOfArrival() (wrong []string) {
	before := map[string]visit{}
	for _, v := range s.log {
		if s.by != "arrival" || v.what != "arrived" {
			continue
		}
		key := s.events[v.id].key
		if b, any := before[key]; any && b.run == v.run && v.seq.Compare(b.seq) < 0 && v.meta[pipeline.MarkUnordered] == "" {
			wrong = append(wrong, fmt.Sprintf("event %d arrived after %d, which the source gave later, and is not marked", v.id, b.id))
		}
		before[key] = v
	}
	return wrong
}

func (s *stressed) history() string {
	var b strings.Builder
	for _, v := range s.log {
		fmt.Fprintf(&b, "run %d %s event %d %s %v\n", v.run, v.at.Format(time.StampMilli), v.id, v.what, v.meta)
	}
	return b.String()
}
