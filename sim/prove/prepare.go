package prove

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
)

// prover tries schedules on one flow.
type prover struct {
	Options
	still *sim.Stillness

	messages []*sample
	named    int // messages that have names before those
	sinks    []string
	start    time.Time     // later than every event
	window   time.Duration // twice as long as the flow holds an event
	promises pipeline.Passed
	shares   bool // several processes share the work
	finite   bool // the source ends
}

// sample is a message and what comes of it when nothing goes wrong.
type sample struct {
	payload []byte
	offset  time.Duration // its events are later than those of the sample it was made of
	comes   []outcome
}

// outcome is an event at a sink.
type outcome struct {
	sink    string
	id      string // with its type
	rawID   string // without
	key     string
	time    time.Time
	passed  pipeline.Passed
	dead    bool
	message int
}

// is reports whether two outcomes are about the same event at the same sink.
func (o outcome) is(other outcome) bool { return o.sink == other.sink && o.id == other.id }

const (
	// variants is how many messages are made of a sample at most, mostMessages of all.
	variants     = 8
	mostMessages = 60
	// withoutHolds is over what time messages are spread for a flow that holds none.
	withoutHolds = 2 * time.Minute
)

// prepare makes messages of the samples, and sees what comes of each.
func (p *prover) prepare() error {
	p.start = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, payload := range p.Samples {
		if len(p.messages) >= mostMessages {
			break
		}
		s, err := p.look(payload)
		if err != nil {
			return err
		}
		if i == 0 || len(s.comes) > 0 {
			p.messages = append(p.messages, s)
			if err := p.vary(s); err != nil {
				return err
			}
		}
	}
	if p.events() == 0 {
		return errors.New("no event of the samples gets to a sink: nothing can be said about the flow with these")
	}
	return nil
}

// vary adds messages like one, with events at other times.
func (p *prover) vary(s *sample) error {
	for n := 1; n < variants && len(p.messages) < mostMessages; n++ {
		least := step(s.payload)
		d := max((p.window/variants).Round(least), least) * time.Duration(n)
		for _, numbers := range []bool{true, false} {
			payload := moved(s.payload, d, numbers)
			v, err := p.look(payload)
			if err != nil {
				return err
			}
			if s.sameIDs(v) {
				if v, err = p.look(renamed(payload, s.ids(), n)); err != nil {
					return err
				}
			}
			if s.isLike(v) {
				v.offset = d
				p.messages = append(p.messages, v)
				break
			}
		}
	}
	return nil
}

// look runs a message alone, with nothing going wrong.
func (p *prover) look(payload []byte) (*sample, error) {
	calm := &prover{Options: p.Options, still: p.still, start: p.start, named: len(p.messages), messages: []*sample{{payload: payload}}}
	r, err := calm.run(&Schedule{Arrivals: []Arrival{{}}}, nil)
	if err != nil {
		return nil, err
	}
	p.sinks, p.window = calm.sinks, calm.window
	s := &sample{payload: payload}
	for _, d := range r.log {
		s.comes = append(s.comes, d.outcome)
		was := p.promises
		p.promises = pipeline.Passed{Dedupe: was.Dedupe || d.passed.Dedupe, Order: was.Order || d.passed.Order, Arrival: was.Arrival || d.passed.Arrival}
	}
	slices.SortFunc(s.comes, func(a, b outcome) int { // events of several keys come in any order
		return cmp.Or(strings.Compare(a.sink, b.sink), strings.Compare(a.key, b.key), a.time.Compare(b.time), strings.Compare(a.id, b.id))
	})
	return s, nil
}

// isLike reports whether a message has the same events as another, at another time, under
// other ids: of the same keys, on the same ways. One that has lost its time is not: it was
// written in a way that has no seconds.
func (s *sample) isLike(v *sample) bool {
	if len(v.comes) != len(s.comes) || s.sameIDs(v) {
		return false
	}
	for i, o := range v.comes {
		if was := s.comes[i]; o.sink != was.sink || o.key != was.key || o.dead != was.dead || o.time.IsZero() != was.time.IsZero() {
			return false
		}
	}
	return true
}

// sameIDs reports whether an event of one has the id of one of the other.
func (s *sample) sameIDs(v *sample) bool {
	return slices.ContainsFunc(v.comes, func(o outcome) bool { return slices.ContainsFunc(s.comes, o.is) })
}

// ids are texts in the payload that tell its events apart: their ids, or long parts of
// them that are no part of a key.
func (s *sample) ids() (ids []string) {
	for _, o := range s.comes {
		parts := []string{o.rawID}
		if !bytes.Contains(s.payload, []byte(o.rawID)) {
			parts = strings.Split(o.rawID, "|")
		}
		for _, part := range parts {
			if len(part) >= shortestPart && !strings.Contains(o.key, part) && !slices.Contains(ids, part) {
				ids = append(ids, part)
			}
		}
	}
	return ids
}

// shortestPart keeps words that mean something from being taken for an id.
const shortestPart = 2

// events is how many there are in all messages.
func (p *prover) events() int {
	seen := map[string]bool{}
	for _, m := range p.messages {
		for _, o := range m.comes {
			if !o.dead {
				seen[o.id] = true
			}
		}
	}
	return len(seen)
}

// name is what a source calls a message.
func (p *prover) name(message int) string { return "m" + strconv.Itoa(p.named+message+1) }
