// Command sqs compares ways to empty an SQS queue, all in one run against the same
// server: Watermill's own subscriber, loops written by hand on the AWS SDK, and a
// leat flow with its default settings.
//
//	go run ./bench/sqs -delay 10ms
//
// The server is the double of providers/sqs/sqstest, in this process. With a delay
// it is reached through a proxy that holds up the bytes of either direction by
// half of it.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// contestant takes all messages out of a queue and deletes them. It returns when
// done is closed.
type contestant struct {
	name string
	// slow ones get fewer messages.
	share int
	run   func(ctx context.Context, q target) error
}

// target is the queue to empty.
type target struct{ endpoint, url, name string }

type options struct {
	messages, body, runs int
	delay                time.Duration
	only, profile        string
}

func main() {
	var o options
	flag.IntVar(&o.messages, "messages", 100_000, "messages in the queue at the start")
	flag.IntVar(&o.body, "body", 500, "bytes of a message")
	flag.IntVar(&o.runs, "runs", 3, "runs of each, of which the median counts")
	flag.DurationVar(&o.delay, "delay", 0, "how far away the server is, there and back")
	flag.StringVar(&o.only, "only", "", "only those whose name contains this")
	flag.StringVar(&o.profile, "profile", "", "file for a CPU profile of everything measured, the server included")
	flag.Parse()
	if err := compare(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(o options) error {
	fmt.Printf("%d messages of %d bytes, server %s away, median of %d\n\n%-44s %12s %14s\n", o.messages, o.body, o.delay, o.runs, "", "messages/s", "calls/message")
	for _, c := range contestants() {
		if !strings.Contains(c.name, o.only) {
			continue
		}
		var results []result
		for range o.runs {
			r, err := measure(c, o)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			results = append(results, r)
		}
		slices.SortFunc(results, func(a, b result) int { return cmp.Compare(a.rate, b.rate) })
		median := results[len(results)/2]
		fmt.Printf("%-44s %12.0f %14.2f\n", c.name, median.rate, median.calls)
	}
	return nil
}

type result struct{ rate, calls float64 }

// limit is how long a contestant may take; its rate is then that of what it did.
const limit = 5 * time.Second

func measure(c contestant, o options) (result, error) {
	s, err := sqstest.Start(sqstest.Options{})
	if err != nil {
		return result{}, err
	}
	defer s.Close()
	if _, err := s.CreateQueue("bench", nil); err != nil {
		return result{}, err
	}
	bodies := make([]string, o.messages/c.share)
	for i := range bodies {
		bodies[i] = fmt.Sprintf(`{"n":%d,"text":%q}`, i, strings.Repeat("x", o.body))
	}
	if err := s.Send("bench", bodies...); err != nil {
		return result{}, err
	}
	near, stop, err := testservers.Away(strings.TrimPrefix(s.URL, "http://"), o.delay)
	if err != nil {
		return result{}, err
	}
	endpoint := "http://" + near
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ended := make(chan error, 1)
	if o.profile != "" {
		defer profile(o.profile)()
	}
	began := time.Now()
	go func() { ended <- c.run(ctx, target{endpoint, s.QueueURL("bench"), "bench"}) }()
	deleted := watch(ctx, s, len(bodies))
	took := time.Since(began)
	cancel()
	if err := <-ended; err != nil {
		return result{}, err
	}
	calls := 0
	for _, n := range s.Calls() {
		calls += n
	}
	return result{float64(deleted) / took.Seconds(), float64(calls) / float64(max(deleted, 1))}, nil
}

// profile writes a CPU profile until the returned function is called.
func profile(path string) (stop func()) {
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}
}

// watch returns how many messages were deleted when all are, or when ctx ends.
func watch(ctx context.Context, s *sqstest.Server, want int) int {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		state, _ := s.Queue("bench")
		if state.Deleted >= want || ctx.Err() != nil {
			return state.Deleted
		}
		<-tick.C
	}
}
