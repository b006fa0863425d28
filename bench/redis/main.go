// Command redis measures how many events go through a flow that drops copies with the
// help of Redis, and how far away that may be.
//
//	go run ./bench/redis -delay 1ms
//
// It starts a redis-server of its own. With a delay that is reached through a proxy
// that holds up the bytes of either direction by half of it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
)

func main() {
	events := flag.Int("events", 200_000, "events, all different")
	delay := flag.Duration("delay", 0, "how far away Redis is, there and back")
	runs := flag.Int("runs", 3, "runs, of which the median counts")
	flag.Parse()
	if err := measure(*events, *delay, *runs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(events int, delay time.Duration, runs int) error {
	address, end, err := server()
	if err != nil {
		return err
	}
	defer end()
	near, stop, err := testservers.Away(address, delay)
	if err != nil {
		return err
	}
	defer stop()
	var rates []float64
	for i := range runs {
		began := time.Now()
		if err := run(near, fmt.Sprint("run", i), events); err != nil {
			return err
		}
		rates = append(rates, float64(events)/time.Since(began).Seconds())
	}
	slices.SortFunc(rates, cmp.Compare[float64])
	fmt.Printf("%d events, Redis %s away, median of %d: %.0f events/s\n", events, delay, runs, rates[len(rates)/2])
	return nil
}

// server starts a redis-server that keeps nothing on a disk.
func server() (address string, end func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	l.Close()
	dir, err := os.MkdirTemp("", "leat-bench-")
	if err != nil {
		return "", nil, err
	}
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	end = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	for range 500 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address, end, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	end()
	return "", nil, errors.New("redis-server does not answer")
}

const flow = `
version: 1
state: {redis: {url: "redis://%s", prefix: %q}}
flows: {f: {from: {numbers: {}}, stages: [{identify: {id: body.n}}, {dedupe: {ttl: 1h}}], to: nowhere}}
sinks: {nowhere: {nowhere: {}}}
`

func run(address, prefix string, events int) error {
	catalog := pipeline.Catalog{
		Stages:  stages.All(),
		States:  state.All(),
		Sources: []pipeline.SourceDef{numbers(events)},
		Sinks: []pipeline.SinkDef{pipeline.DefineSink("nowhere", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
			return func(context.Context, *pipeline.Event) error { return nil }, nil
		}).Quick()},
	}
	p, report := pipeline.LoadText("bench", fmt.Sprintf(flow, address, prefix), pipeline.Options{Catalog: catalog})
	if err := report.Err(); err != nil {
		return err
	}
	return p.Run(context.Background())
}

// numbers is a source of events that are numbered, fifty to a message.
func numbers(events int) pipeline.SourceDef {
	return pipeline.DefineSource("numbers", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: counter(events), Finite: true, Hold: pipeline.Forever}, nil
	})
}

type counter int

func (c counter) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for n := 0; n < int(c); n += 50 {
			var batch []*pipeline.Event
			for i := n; i < min(n+50, int(c)); i++ {
				batch = append(batch, pipeline.NewEvent(fmt.Sprint(i), fmt.Appendf(nil, `{"n":%d}`, i)))
			}
			select {
			case out <- pipeline.NewBatch(ctx, batch):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (counter) Close() error { return nil }
