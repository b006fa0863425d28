package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// result is what came of a scenario.
type result struct {
	*verdict
	options   options
	scenario  scenario
	feed      *feed
	queue     sqstest.QueueState
	disturbed int
	most      int // requests of one replica that were under way at the same time
	refused   int
	left      leftover
	spent     spending
	fed       time.Duration // how long it took to send everything
	drained   time.Duration // and until everything was settled
	waits     []time.Duration
	trouble   error // with the run itself
}

func (g *rig) result(fed, drained time.Duration, left leftover) *result {
	r := &result{options: g.options, scenario: g.scenario, feed: g.feed, disturbed: g.disturbed, left: left, spent: g.spent, fed: fed, drained: drained, trouble: g.err}
	r.queue, _ = g.queue.Queue("events")
	g.sink.mu.Lock()
	defer g.sink.mu.Unlock()
	r.verdict, r.most, r.refused = judge(g.feed.facts, g.sink.arrivals), g.sink.most, g.sink.refused
	sent := map[string]time.Time{}
	for _, f := range g.feed.facts {
		sent[f.id] = f.sent
	}
	for _, a := range g.sink.arrivals {
		if since, first := sent[a.id]; first {
			r.waits = append(r.waits, a.when.Sub(since))
			delete(sent, a.id)
		}
	}
	slices.Sort(r.waits)
	return r
}

// bound is how many events may arrive again.
func (r *result) bound() int {
	underWay := r.options.inFlight + r.most
	if r.scenario.forgets { // of all replicas; and copies that come after it has forgotten are new
		return r.feed.copies + r.options.replicas*underWay*r.disturbed
	}
	return underWay * r.disturbed
}

// problems are promises that were not kept.
func (r *result) problems() (all []string) {
	say := func(broken bool, format string, args ...any) {
		if broken {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	say(r.trouble != nil, "%v", r.trouble)
	say(r.lost > 0, "%d events are lost", r.lost)
	say(r.hidden() > 0, "%d events are out of order, and nothing says so", r.hidden())
	say(r.exposed > 0 && !r.scenario.sleeps, "%d events are out of order, and only their number says so", r.exposed)
	say(r.again > r.bound(), "%d events arrived again, where at most %d may", r.again, r.bound())
	say(r.left.claims > 0, "%d claims are left in Redis, such as %s", r.left.claims, r.left.example)
	say(r.left.places > 0, "%d places in line are left in Redis, such as in %s", r.left.places, r.left.example)
	return all
}

func (r *result) percentile(p int) time.Duration {
	if len(r.waits) == 0 {
		return 0
	}
	return r.waits[(len(r.waits)-1)*p/100].Round(10 * time.Millisecond)
}

func (r *result) meanReceives() float64 {
	return float64(r.queue.Receives) / float64(len(r.feed.letters))
}

func (r *result) perEvent(n int64) float64 { return float64(n) / float64(len(r.feed.facts)) }

func (r *result) print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d events (%.0f/s), %d copies, %d sent too late; disturbed %d times; settled %.1fs after the last was sent\n",
		r.scenario.name, len(r.feed.facts), float64(len(r.feed.letters))/r.fed.Seconds(), r.feed.copies, r.feed.late, r.disturbed, (r.drained - r.fed).Seconds())
	fmt.Fprintf(w, "  lost %d; out of order without a mark %d, of which their number shows %d; marked late %d, unordered %d, forced %d; after a gap %d\n",
		r.lost, r.violations, r.exposed, r.late, r.unordered, r.forced, r.gaps)
	fmt.Fprintf(w, "  arrived again %d (at most %d), and %d that the receiver had not confirmed; refused %d; two of a key at once %d\n",
		r.again, r.bound(), r.unsaid, r.refused, r.overlaps)
	fmt.Fprintf(w, "  from sent to arrived: half within %s, 99%% within %s, all within %s; receives of a message: mean %.2f, most %d\n",
		r.percentile(50), r.percentile(99), r.percentile(100), r.meanReceives(), r.queue.MostReceives)
	fmt.Fprintf(w, "  Redis, per event: %.2f scripts, %.2f commands; left there: %d claims, %d places in line\n",
		r.perEvent(r.spent.scripts), r.perEvent(r.spent.commands), r.left.claims, r.left.places)
	for _, p := range r.problems() {
		fmt.Fprintf(w, "  BROKEN: %s\n", p)
	}
	for _, e := range r.examples {
		fmt.Fprintf(w, "    %s\n", e)
	}
}

// printTable prints all results in Markdown.
func printTable(w io.Writer, all []*result) {
	fmt.Fprintln(w, "\n| scenario | disturbed | lost | out of order, unmarked | of these shown by order_seq | marked late | marked unordered | arrived again | p50 | p99 | receives, mean / most | scripts/event |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range all {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %d | %d | %s | %s | %.2f / %d | %.2f |\n", r.scenario.name, r.disturbed, r.lost, r.violations, r.exposed,
			r.late, r.unordered, r.again, r.percentile(50), r.percentile(99), r.meanReceives(), r.queue.MostReceives, r.perEvent(r.spent.scripts))
	}
}
