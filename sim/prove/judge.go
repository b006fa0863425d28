package prove

import (
	"fmt"
	"slices"
	"time"

	"github.com/leat-io/leat/sim"
)

// Kind is what may go wrong.
type Kind string

// What may go wrong.
const (
	Lost      Kind = "lost"
	Unordered Kind = "out of order"
	Repeated  Kind = "delivered twice"
	Stuck     Kind = "not settled"
)

// Violation is something that must not happen.
type Violation struct {
	Kind Kind
	What string
}

func (o *result) violate(k Kind, format string, args ...any) {
	o.violations = append(o.violations, Violation{k, fmt.Sprintf(format, args...)})
}

// judge looks for what must not have happened.
func (r *run) judge(o *result, settled bool) {
	if !settled {
		for _, s := range r.messages {
			if r.isOpen(s) {
				o.violate(Stuck, "message %s is not settled after %s", s.ID, patience)
				break
			}
		}
	}
	r.judgeLoss(o)
	r.judgeCopies(o)
	r.judgeOrder(o)
}

// judgeLoss: whatever comes of a message when nothing goes wrong has come, or is among the
// dead letters, or was dropped because it was late, and counted.
func (r *run) judgeLoss(o *result) {
	var missing []outcome
	for _, s := range r.messages {
		if !s.Settled() {
			continue
		}
		for _, want := range r.prover.messages[s.Origin.(int)].comes {
			want.message = s.Origin.(int)
			there := slices.ContainsFunc(o.log, func(d delivery) bool { return d.is(want) || d.dead && d.id == want.id })
			if !there && !slices.ContainsFunc(missing, want.is) {
				missing = append(missing, want)
			}
		}
	}
	if int64(len(missing)) <= r.dropped {
		return
	}
	for _, m := range missing {
		o.violate(Lost, "event %s of message %s never arrived at %s, and its source was told that it had", m.id, r.name(m.message), m.sink)
	}
}

// judgeCopies: an event that has arrived does not arrive again once its message is settled.
// It may when the process was killed, or the message went back, in between.
func (r *run) judgeCopies(o *result) {
	for i, d := range o.log {
		before := slices.IndexFunc(o.log[:i], d.same)
		if before < 0 || d.dead {
			continue
		}
		first := o.log[before]
		switch {
		case !d.passed.Dedupe || r.wentBack(first.sent, before, i) || !first.settled:
			o.copies++
		default:
			o.violate(Repeated, "event %s arrived at %s %s after it had arrived before", d.id, d.sink, d.at-first.at)
		}
	}
}

// same reports whether two deliveries are of the same event at the same sink.
func (d delivery) same(other delivery) bool { return d.is(other.outcome) }

// wentBack reports whether a message was handed back between two deliveries.
func (r *run) wentBack(s *sim.Sent, after, before int) bool {
	at, ever := r.returned[s]
	return ever && at > after && at <= before
}

// judgeOrder: the events of a key arrive at a sink in the order of their times, or in that in
// which they came to the process, those that arrive for the first time and are not marked.
func (r *run) judgeOrder(o *result) {
	type place struct{ sink, key string }
	before := map[place][]delivery{}
	for i, d := range o.log {
		if d.marked {
			o.marked++
		}
		if !d.isOrdered() || slices.ContainsFunc(o.log[:i], d.same) {
			continue
		}
		at := place{d.sink, d.key}
		for _, b := range before[at] {
			if why := d.overtakenBy(b); why != "" && !d.marked {
				o.violate(Unordered, "%s, and is not marked", why)
				break
			}
		}
		before[at] = append(before[at], d)
	}
}

// isOrdered reports whether something is promised about the place of a delivery.
func (d delivery) isOrdered() bool {
	return !d.dead && d.key != "" && (d.passed.Order && !d.time.IsZero() || d.passed.Arrival)
}

// overtakenBy says that a delivery should have come before an earlier one, or nothing. What a
// killed process had delivered and not settled may be followed by earlier events; and to
// another process events come anew, in the order in which their source gives them then.
func (d delivery) overtakenBy(b delivery) string {
	switch {
	case d.passed.Order && b.time.After(d.time) && (b.settled || b.process == d.process):
		return fmt.Sprintf("event %s (%s) of key %s arrived at %s after %s (%s)", d.id, clockTime(d.time), d.key, d.sink, b.id, clockTime(b.time))
	case !d.passed.Order && b.process == d.process && b.seq.Compare(d.seq) > 0:
		return fmt.Sprintf("event %s of key %s had come before %s, and arrived at %s after it", d.id, d.key, b.id, d.sink)
	}
	return ""
}

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05") }
