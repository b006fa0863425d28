package turnstile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
)

// What the scripts do is compared with this model of one key, call by call. Times are
// in ms, also those of events.

const (
	modelWindow = 1000
	modelGrace  = 2000
	modelTTL    = 1500
)

type model struct {
	now     int
	over    map[string]int // session → when it is over
	waiting []*entry
	cur     *entry
	last    int // released
	gap     bool
}

type entry struct {
	id, session string // "": nobody
	time, due   int
	till        int // nobody's event is waited for until then
	late        int
}

func (m *model) find(id string) *entry {
	for _, e := range m.waiting {
		if e.id == id {
			return e
		}
	}
	return nil
}

// absent is for how long an event is still waited for; alive: its holder lives.
func (m *model) absent(e *entry, me string) (left int, alive bool) {
	switch over, known := m.over[e.session]; {
	case e.session == "":
		return e.till - m.now, false
	case e.session == me || known && over >= m.now:
		return 0, true
	default:
		return over + modelGrace - m.now, false
	}
}

func (m *model) enter(me, id string, time int) string {
	if e := m.find(id); e != nil {
		if e.session == me {
			return "HELD"
		}
		if _, alive := m.absent(e, me); alive {
			return "BUSY"
		}
		e.session = me
		m.orphan(e)
		return "HELD"
	}
	last := m.last
	if m.cur != nil {
		last = max(last, m.cur.time)
	}
	e := &entry{id: id, session: me, time: time, due: m.now + modelWindow}
	if time < last {
		e.late, e.due = last-time, m.now
	}
	m.waiting = append(m.waiting, e)
	return "HELD"
}

// orphan: the holder of an event is gone, and if it had its turn it may have arrived.
func (m *model) orphan(e *entry) {
	if m.cur == e {
		m.cur, m.last = nil, max(m.last, e.time)
	}
}

func (m *model) drop(e *entry) {
	m.waiting = slices.DeleteFunc(m.waiting, func(w *entry) bool { return w == e })
	if m.cur == e {
		m.cur = nil
	}
}

// turn says what the next event is, as the scripts do.
func (m *model) turn(me string) string {
	if m.cur != nil && m.cur.session != me {
		left, alive := m.absent(m.cur, me)
		if alive {
			return "WAIT -1"
		}
		if left > 0 {
			return fmt.Sprint("WAIT ", left)
		}
		gone := m.cur
		m.orphan(gone)
		m.drop(gone)
		m.gap = true
	}
	if m.cur == nil {
		if wait := m.choose(me); wait != "" {
			return wait
		}
	}
	return fmt.Sprint("GO ", m.cur.id, " late ", max(m.cur.late, m.last-m.cur.time, 0), " gap ", m.gap)
}

func (m *model) choose(me string) (wait string) {
	for {
		if len(m.waiting) == 0 {
			return "NONE"
		}
		head := slices.MinFunc(m.waiting, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.time, b.time), strings.Compare(a.id, b.id)) })
		left, alive := m.absent(head, me)
		if !alive && left > 0 {
			return fmt.Sprint("WAIT ", left)
		}
		if !alive {
			m.drop(head)
			m.gap = true
			continue
		}
		due := slices.MinFunc(m.waiting, func(a, b *entry) int { return cmp.Compare(a.due, b.due) }).due
		switch {
		case due > m.now:
			return fmt.Sprint("WAIT ", due-m.now)
		case head.session != me:
			return "WAIT -1"
		}
		m.cur = head
		return ""
	}
}

func (m *model) done(me, id, outcome string, time int) string {
	if outcome == "settled" || outcome == "dead" {
		m.last = max(m.last, time)
	}
	if e := m.find(id); e != nil && (e.session == me || e.session == "" && outcome != "back") {
		if m.cur == e && (outcome == "settled" || outcome == "dead") {
			m.gap = outcome == "dead"
		}
		if outcome == "back" {
			e.session, e.till = "", m.now+500
			if m.cur == e {
				m.cur = nil
			}
		} else {
			m.drop(e)
		}
	}
	return m.turn(me)
}

// real calls the scripts as a replica does, at the model's time.
type real struct {
	*model
	t    failing
	line *line
	gen  string
}

// failing is what tests and draws of rapid have in common.
type failing interface {
	Context() context.Context
	Fatal(...any)
	Fatalf(string, ...any)
}

func newReal(t failing, shard *shard) *real {
	r := &real{model: &model{now: 1_000_000, over: map[string]int{}}, t: t, line: &line{shard: shard, name: "key"}}
	r.beat("a")
	r.beat("b")
	return r
}

func (r *real) entering(me, id string, at int) {
	place := fmt.Sprintf("%022s", id)
	got := r.run(enterScript, me, named(id), place, strconv.Itoa(at*1000), modelWindow, 1e15, 60_000, "")
	r.agree(me+" enters "+id, got, r.enter(me, id, at))
}

func (r *real) looking(me string) { r.agree(me+" looks", r.run(nextScript, me), r.turn(me)) }

func (r *real) run(script *redisapi.Script, me string, args ...any) string {
	s := r.line.shard
	common := []any{r.gen, padded(me), modelGrace, "test:w:", 0, modelWindow, r.now, "0:x"}
	answer, err := script.Run(r.t.Context(), s.t.o.Pipe, r.line.keys(), append(common, args...)...)
	if err != nil {
		r.t.Fatal(err)
	}
	got, err := read(answer)
	switch {
	case err != nil:
		r.t.Fatal(err)
	case got.verb == "GEN" && r.over[me] < r.now: // it says first that it lives
		r.beat(me)
		return r.run(script, me, args...)
	case got.verb == "WAIT" && got.wait < 0:
		return "WAIT -1"
	case got.verb == "WAIT":
		return fmt.Sprint("WAIT ", got.wait.Milliseconds())
	case got.verb == "GO":
		return fmt.Sprint("GO ", got.id[15:], " late ", got.turn.Late.Milliseconds(), " gap ", got.turn.Gap)
	}
	return got.verb
}

func padded(session string) string { return fmt.Sprintf("%-12s", session)[:11] + "." }

// named is an id as long as ids are.
func named(id string) string { return "................"[:15] + id }

func (r *real) beat(me string) {
	s := r.line.shard
	answer, err := beatScript.Run(r.t.Context(), s.t.o.Pipe, []string{s.tag + ":g", s.tag + ":s"}, r.gen, padded(me), modelTTL, r.now, "generation")
	if err != nil {
		r.t.Fatal(err)
	}
	r.gen = answer.([]any)[0].(string)
	r.over[me] = r.now + modelTTL
}

func (r *real) agree(what, got, want string) {
	if got != want {
		r.t.Fatalf("at %d, %s: Redis says %q, the model %q", r.now, what, got, want)
	}
}

func TestTheScriptsDoWhatTheModelDoes(t *testing.T) {
	t.Parallel()
	a := newReplica(t, testservers.RedisURL(t), nil)
	draws := 0
	rapid.Check(t, func(rt *rapid.T) {
		draws++
		s := newShard(a.Turnstile, 0)
		s.tag = fmt.Sprintf("%s:model:%d:{x}", a.o.Prefix, draws)
		r := newReal(rt, s)
		sessions, ids := rapid.SampledFrom([]string{"a", "b"}), rapid.SampledFrom([]string{"1", "2", "3", "4", "5"})
		times := map[string]int{} // an event's time does not change
		timeOf := func(id string) int {
			if _, known := times[id]; !known {
				times[id] = rapid.IntRange(1, 9).Draw(rt, "time") * 100
			}
			return times[id]
		}
		rt.Repeat(map[string]func(*rapid.T){
			"pass": func(rt *rapid.T) { r.now += rapid.IntRange(1, 1200).Draw(rt, "ms") },
			"beat": func(rt *rapid.T) { r.beat(sessions.Draw(rt, "session")) },
			"enter": func(rt *rapid.T) {
				id := ids.Draw(rt, "id")
				r.entering(sessions.Draw(rt, "session"), id, timeOf(id))
			},
			"next": func(rt *rapid.T) { r.looking(sessions.Draw(rt, "session")) },
			"done": func(rt *rapid.T) {
				me, id := sessions.Draw(rt, "session"), ids.Draw(rt, "id")
				outcome := rapid.SampledFrom([]string{"settled", "settled", "dead", "dropped", "back"}).Draw(rt, "outcome")
				at := timeOf(id)
				got := r.run(doneScript, me, named(id), outcome, strconv.Itoa(at*1000), 500)
				r.agree(me+" is done with "+id+": "+outcome, got, r.done(me, id, outcome, at))
			},
		})
	})
}

// An event is under way when its process dies, is given up, and comes again: it waits
// like any other.
func TestAnEventThatWasGivenUpIsNotUnderWayWhenItComesAgain(t *testing.T) {
	t.Parallel()
	a := newReplica(t, testservers.RedisURL(t), nil)
	s := newShard(a.Turnstile, 0)
	s.tag = a.o.Prefix + ":given up:{x}"
	r := newReal(t, s)
	r.entering("a", "1", 100)
	r.now += modelWindow
	r.looking("a") // it goes
	r.now += modelTTL + modelGrace
	r.looking("b") // it is given up
	r.entering("b", "1", 100)
	r.looking("b")
}
