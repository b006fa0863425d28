// Command growth measures how what leat takes depends on what it is given: events in an
// envelope, bytes in an event; what a single event waits in a quiet flow; how long a start
// takes, and how large the program is.
//
//	go run ./bench/growth
//
// Beside it, go test ./stages -bench 'Stage|Keys|InFlight' measures single stages, and how
// cost depends on keys, remembered ids and events under way.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leat-io/leat/bench/measure"
)

// bench is what the tables have in common.
type bench struct {
	dir, leat string
	runs      int
	megabytes int
	requests  int
}

// tables in the order they are printed in.
var tables = []struct {
	name  string
	print func(*bench) error
}{
	{"start", (*bench).start}, // first: what this program has in memory counts as that of its children too
	{"binary", (*bench).binary},
	{"events", (*bench).eventsPerEnvelope},
	{"size", (*bench).eventSize},
	{"latency", (*bench).latency},
}

func main() {
	b := &bench{}
	flag.StringVar(&b.leat, "leat", "", "the leat that is measured; empty: it is built from this folder")
	flag.IntVar(&b.runs, "runs", 3, "runs of each kind, of which the median counts")
	flag.IntVar(&b.megabytes, "megabytes", 200, "about the size of a file that goes through a flow")
	flag.IntVar(&b.requests, "requests", 5000, "requests, one after another")
	only := flag.String("only", "", "names of tables, such as events,size; empty: all of them")
	flag.Parse()
	if err := b.run(strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (b *bench) run(only []string) (err error) {
	if b.dir, err = os.MkdirTemp("", "leat-growth-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.leat == "" {
		if b.leat, err = measure.Build(b.dir, "./cmd/leat"); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if only[0] != "" && !slices.Contains(only, t.name) {
			continue
		}
		if err := t.print(b); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		fmt.Println()
	}
	return nil
}
