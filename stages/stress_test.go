package stages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline/flowtest"
	"pgregory.net/rapid"
)

// This test lets everything go wrong at once in a flow that identifies, drops
// duplicates and reorders: the sink is slow, away or rejects, messages come
// again and in copies, events have no time or a wrong one, there is little room,
// and the flow is stopped and started again with the state that it left. What
// must hold in spite of it is in stress_model_test.go.
func TestNothingIsLostRepeatedOrSilentlyOutOfOrderUnderStress(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlan(rt)
		s := &stressed{plan: p, ahead: slices.Clone(p.events)}
		synctest.Test(t, s.run)
		if wrong := s.wrong(); len(wrong) > 0 {
			rt.Fatalf("%+v\n%s\n%s\n%s", p, p.yaml(), s.history(), strings.Join(wrong, "\n"))
		}
	})
}

// plan is a flow and all that happens to it.
type plan struct {
	live           bool // the source gives its messages over time and, when they come back, again
	dedupe, dead   bool // there is a dedupe stage, there is a sink for dead letters
	by, late       string
	window         time.Duration
	held, inFlight int             // the limits
	quickTimes     bool            // the state store has the times of keys at hand
	slowState      bool            // it takes its time with claims
	laterState     bool            // or says later, and not always, that it has recorded an event
	askedState     bool            // or says later what is claimed too, to many together
	later          bool            // the sink says later what becomes of events, of every other one
	stops          []time.Duration // how long each run lasts; one more lasts until everything is settled
	events         []plannedEvent  // the id of an event is its place
	messages       []plannedMessage
}

// plannedEvent is an event and what its sink says to it.
type plannedEvent struct {
	key        string
	time       time.Duration // when it happened, since the first of December; or untimed
	takes      time.Duration // how long the sink takes for each attempt
	failures   int           // of the sink, before
	rejections int           // these, before it takes the event
}

// plannedMessage is a copy of an event on its way into the flow.
type plannedMessage struct {
	event int
	at    time.Duration // when it comes, since the start of the run
}

const (
	december = 944_006_400 // of 1999, a month before a synctest bubble begins
	untimed  = time.Duration(-1)
	// Times from wrongTime on are days apart from all others, and most of them lie in
	// the future: the flow may take them for mistakes.
	wrongTime = 1_000_000 * time.Second
	// The last run takes longEnough for everything to be settled.
	longEnough = 48 * time.Hour
)

func drawPlan(rt *rapid.T) plan {
	p := plan{
		live:       rapid.Bool().Draw(rt, "live"),
		dedupe:     rapid.Bool().Draw(rt, "dedupe"),
		by:         rapid.SampledFrom([]string{"time", "time", "arrival"}).Draw(rt, "by"),
		late:       rapid.SampledFrom([]string{"deliver", "dead_letter", "drop"}).Draw(rt, "late"),
		held:       rapid.SampledFrom([]int{1, 2, 3, 5, 20_000}).Draw(rt, "max_held"),
		inFlight:   rapid.SampledFrom([]int{1, 2, 1000}).Draw(rt, "max_in_flight"),
		quickTimes: rapid.Bool().Draw(rt, "quick times"),
		slowState:  rapid.Bool().Draw(rt, "slow state"),
		later:      rapid.Bool().Draw(rt, "later"),
		laterState: rapid.Bool().Draw(rt, "later state"),
		askedState: rapid.Bool().Draw(rt, "asked state"),
		stops:      rapid.SliceOfN(seconds(0, 700), 0, 3).Draw(rt, "stops"),
	}
	p.dead = p.late == "dead_letter" || rapid.Bool().Draw(rt, "dead")
	if p.by == "time" {
		p.window = seconds(1, 120).Draw(rt, "window")
	}
	p.drawEvents(rt)
	p.drawMessages(rt)
	return p
}

func (p *plan) drawEvents(rt *rapid.T) {
	mistakes := rapid.Bool().Draw(rt, "mistakes")
	for i := range rapid.IntRange(1, 25).Draw(rt, "events") {
		e := plannedEvent{
			key:        rapid.SampledFrom([]string{"a", "a", "b"}).Draw(rt, "key"),
			time:       seconds(0, 600).Draw(rt, "time"),
			takes:      time.Second * rapid.SampledFrom([]time.Duration{0, 0, 0, 1, 5, 40}).Draw(rt, "takes"),
			failures:   rapid.SampledFrom([]int{0, 0, 0, 0, 1, 3}).Draw(rt, "failures"),
			rejections: rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2}).Draw(rt, "rejections"),
		}
		switch odd := rapid.IntRange(0, 12).Draw(rt, "odd"); {
		case odd == 0:
			e.time = untimed
		case odd == 1 && mistakes:
			e.time = wrongTime * time.Duration(i+1)
		}
		p.events = append(p.events, e)
	}
}

// drawMessages has every event come once, and with dedupe some twice.
func (p *plan) drawMessages(rt *rapid.T) {
	for i := range p.events {
		at := seconds(0, 600).Draw(rt, "at")
		p.messages = append(p.messages, plannedMessage{i, at})
		if p.dedupe && rapid.IntRange(0, 3).Draw(rt, "copied") == 0 {
			p.messages = append(p.messages, plannedMessage{i, at + seconds(0, 100).Draw(rt, "copy after")})
		}
	}
	slices.SortStableFunc(p.messages, func(a, b plannedMessage) int { return int(a.at - b.at) })
}

func seconds(from, to int) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(from, to), func(n int) time.Duration { return time.Duration(n) * time.Second })
}

func (p plan) yaml() string {
	stages := []string{identify}
	if p.dedupe {
		stages = append(stages, "{dedupe: {ttl: 1000h}}")
	}
	window, deadLetter, dead := "", "", ""
	if p.by == "time" {
		window = fmt.Sprintf("window: %s, ", p.window)
	}
	if p.dead {
		deadLetter, dead = ", dead_letter: dead", ", dead: {record: {}}"
	}
	stages = append(stages, fmt.Sprintf("{reorder: {%sby: %s, late: %s}}", window, p.by, p.late))
	rest := fmt.Sprintf("    max_held: %d\n    max_in_flight: %d\n    to: out\n", p.held, p.inFlight) +
		"    on_error: {retry: {backoff: 1s..10s}" + deadLetter + "}\n" +
		"sinks: {out: {record: {}}" + dead + "}\nstop_timeout: 200s\n"
	return flowOf(rest, stages...)
}

func (p plan) payload(id int) string {
	e := p.events[id]
	if e.time == untimed {
		return fmt.Sprintf(`{"id":"%d","k":%q,"t":null}`, id, e.key)
	}
	return fmt.Sprintf(`{"id":"%d","k":%q,"t":%d}`, id, e.key, december+int(e.time.Seconds()))
}

// send gives the feed what comes until the flow is stopped. A finite source has
// everything from the start.
func (p plan) send(rig *flowtest.Rig, in []plannedMessage, stop time.Duration) (sent []*flowtest.Sent) {
	begun := time.Now()
	for i, m := range in {
		if p.live {
			at := m.at + time.Duration(i)*time.Microsecond // none at the moment when another is due
			if at > stop {
				break
			}
			time.Sleep(at - time.Since(begun))
		}
		sent = append(sent, rig.Feed.Send(fmt.Sprint(i), p.payload(m.event)))
	}
	if !p.live {
		rig.Feed.End()
	}
	return sent
}

// unsettled is what comes in the next run: at once what this one was given and
// did not settle, in its time what it was not given.
func unsettled(in []plannedMessage, sent []*flowtest.Sent, stop time.Duration) (rest []plannedMessage) {
	for i, m := range in {
		if i >= len(sent) || !sent[i].Acked() {
			rest = append(rest, plannedMessage{m.event, max(0, m.at-stop)})
		}
	}
	return rest
}
