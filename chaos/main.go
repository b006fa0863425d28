// Command chaos has replicas of one pipeline share a Redis, disturbs them, and checks
// what arrives behind them: nothing may be missing, no event may come before an earlier
// one of its key unless it says so, and few may come twice.
//
//	go run ./chaos -scenario kill
//	go run ./chaos -scenario all
//
// Everything runs on this machine: the queue (the double of providers/sqs/sqstest) and
// the receiver in this process, a redis-server of its own, and leat processes, which are
// copies of this program.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// options are the same for all scenarios of a run.
type options struct {
	events, keys, replicas     int
	span, window, jitter       time.Duration
	sessionTTL, visibility     time.Duration
	late, copies               float64
	every, asleep, outageEvery time.Duration
	seed                       uint64
	keep                       string
	inFlight, held             int
}

var standard = options{
	events: 100_000, keys: 2_000, replicas: 3,
	span: 100 * time.Second, window: 2 * time.Second, jitter: 1500 * time.Millisecond,
	sessionTTL: 3 * time.Second, visibility: 4 * time.Second,
	late: 0.002, copies: 0.03,
	every: 2 * time.Second, asleep: 6 * time.Second, outageEvery: 20 * time.Second,
	seed: 7, inFlight: 500, held: 20_000,
}

func (o *options) define(f *flag.FlagSet) {
	f.IntVar(&o.events, "events", o.events, "events without their copies")
	f.IntVar(&o.keys, "keys", o.keys, "keys they belong to")
	f.IntVar(&o.replicas, "replicas", o.replicas, "leat processes")
	f.DurationVar(&o.span, "span", o.span, "how long it takes to send them all")
	f.DurationVar(&o.window, "window", o.window, "of the reorder stage")
	f.DurationVar(&o.jitter, "jitter", o.jitter, "by how much an event is sent too late at most, below the window")
	f.DurationVar(&o.sessionTTL, "session-ttl", o.sessionTTL, "of the state store")
	f.DurationVar(&o.visibility, "visibility", o.visibility, "visibility timeout of the queue")
	f.Float64Var(&o.late, "late", o.late, "share of events that are sent far too late")
	f.Float64Var(&o.copies, "copies", o.copies, "share of events that are sent twice, as two messages")
	f.DurationVar(&o.every, "every", o.every, "time between kills, or stops")
	f.DurationVar(&o.asleep, "asleep", o.asleep, "how long a stopped process sleeps")
	f.DurationVar(&o.outageEvery, "outage-every", o.outageEvery, "time between the ends of Redis; its outage lasts as long")
	f.Uint64Var(&o.seed, "seed", o.seed, "of what is random here; processes are not")
	f.IntVar(&o.inFlight, "max-in-flight", o.inFlight, "of the flow")
	f.IntVar(&o.held, "max-held", o.held, "of the flow")
	f.StringVar(&o.keep, "keep", o.keep, "folder for what the processes say (default: kept nowhere)")
}

func main() {
	if isReplica() {
		os.Exit(replicaMain())
	}
	o := standard
	o.define(flag.CommandLine)
	name := flag.String("scenario", "all", "all, or names with commas between them: "+strings.Join(names(), ", "))
	flag.Parse()
	chosen, err := choose(*name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(2)
	}
	if !runAll(o, chosen) {
		os.Exit(1)
	}
}

// runAll reports whether everything held that has to.
func runAll(o options, chosen []scenario) bool {
	var results []*result
	holds := true
	for _, s := range chosen {
		r, err := run(o, s)
		if err != nil {
			fmt.Fprintf(os.Stderr, "chaos: %s: %v\n", s.name, err)
			return false
		}
		r.print(os.Stdout)
		holds = holds && (s.expected || len(r.problems()) == 0)
		results = append(results, r)
	}
	if len(results) > 1 {
		printTable(os.Stdout, results)
	}
	return holds
}
