// Command table measures whole flows: how much CPU, time and memory leat takes for a file
// of envelopes, beside another build of leat or another program that does the same.
//
//	go run ./bench/table
//	go run ./bench/table -against ./leat-before
//	go run ./bench/table -peer ./bento -peer-flows conf
//
// The variants are the flows in bench/*.yaml. Contestants run in turn, so that what else
// the machine does meets all of them; a run whose output has not as many lines as it
// must is an error. Beside b runs a loop that does the same without a flow, the floor.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/leat-io/leat/bench/feed"
	"github.com/leat-io/leat/bench/measure"
)

// options are what is measured.
type options struct {
	leat, against   string // programs
	floor           string // that does what b does without a flow
	peer, peerFlows string
	flows           string // folder
	variants        []string
	lines, events   int
	runs            int
}

func main() {
	var o options
	flag.StringVar(&o.leat, "leat", "", "the leat that is measured; empty: it is built from this folder")
	flag.StringVar(&o.against, "against", "", "another leat to compare with")
	flag.StringVar(&o.peer, "peer", "", "another program, called as PROGRAM run FLOW")
	flag.StringVar(&o.peerFlows, "peer-flows", "", "the folder of its flows, a.yaml, b.yaml …; a variant that has none there is left out")
	flag.StringVar(&o.flows, "flows", "bench", "the folder of the flows")
	variants := flag.String("variants", "abcde", "which of them")
	flag.IntVar(&o.lines, "lines", 150_000, "envelopes, a tenth of them copies")
	flag.IntVar(&o.events, "events", 1, "events in each")
	flag.IntVar(&o.runs, "runs", 3, "runs of each contestant, of which the median counts")
	flag.Parse()
	o.variants = strings.Split(*variants, "")
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.leat == "" {
		if o.leat, err = measure.Build(dir, "./cmd/leat"); err != nil {
			return err
		}
	}
	if slices.Contains(o.variants, "b") {
		if o.floor, err = measure.Build(dir, "./bench/floor"); err != nil {
			return err
		}
	}
	fd, err := feed.Write(dir+"/in.jsonl", feed.Options{Lines: o.lines, Events: o.events})
	if err != nil {
		return err
	}
	fmt.Printf("%d envelopes with %d events each, %.1f kB an envelope, medians of %d runs in turn\n\n", o.lines, o.events, float64(fd.Bytes)/1000/float64(o.lines), o.runs)
	printHead()
	for _, v := range o.variants {
		if err := o.measure(v, dir, fd); err != nil {
			return fmt.Errorf("variant %s: %w", v, err)
		}
	}
	return nil
}
