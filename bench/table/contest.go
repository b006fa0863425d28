package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/leat-io/leat/bench/feed"
	"github.com/leat-io/leat/bench/measure"
)

// contestant is a program that runs a flow.
type contestant struct {
	name, program, flow string
	results             []result
}

// result is what a run took, and what its redis-server did.
type result struct {
	measure.Result
	redis time.Duration
}

// contestants are those that have a flow of the variant.
func (o options) contestants(variant string) []*contestant {
	all := []*contestant{{name: "leat", program: o.leat, flow: filepath.Join(o.flows, variant+".yaml")}}
	if o.against != "" {
		all = append(all, &contestant{name: "against", program: o.against, flow: all[0].flow})
	}
	if flow := filepath.Join(o.peerFlows, variant+".yaml"); o.peer != "" && exists(flow) {
		all = append(all, &contestant{name: "peer", program: o.peer, flow: flow})
	}
	if variant == "b" {
		all = append(all, &contestant{name: "floor", program: o.floor, flow: all[0].flow})
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// measure runs the contestants of a variant in turn and prints a line for each.
func (o options) measure(variant, dir string, fd *feed.Feed) error {
	want := fd.Distinct
	if variant == "a" {
		want = fd.Events
	}
	var server *redisServer
	if variant == "c" {
		var err error
		if server, err = startRedis(dir); err != nil {
			fmt.Printf("c: left out: %v\n", err)
			return nil
		}
		defer server.stop()
	}
	all := o.contestants(variant)
	for n := range o.runs {
		for _, c := range all {
			r, err := c.run(dir, fd.Path, fmt.Sprint(c.name, n), server, want)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.results = append(c.results, r)
		}
	}
	printLines(variant, o.lines, all)
	return nil
}

func (c *contestant) run(dir, in, label string, server *redisServer, want int) (result, error) {
	out := filepath.Join(dir, "out")
	if err := os.RemoveAll(out); err != nil {
		return result{}, err
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return result{}, err
	}
	cmd := exec.Command(c.program, "run", c.flow)
	cmd.Env = append(os.Environ(), "IN="+in, "OUT="+out, "RUN="+label, fmt.Sprint("REDIS_PORT=", server.portNumber()))
	before := server.cpu()
	took, err := measure.Run(cmd)
	if err != nil {
		return result{}, err
	}
	r := result{took, server.cpu() - before}
	if got, err := countLines(out); err != nil || got != want {
		return r, fmt.Errorf("%d lines arrived, want %d (%v)", got, want, err)
	}
	return r, nil
}

// countLines reads piece by piece: what this program has in memory when it starts another
// counts as that one's too.
func countLines(dir string) (n int, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	for _, name := range names {
		more, countErr := countIn(name)
		if countErr != nil {
			return n, countErr
		}
		n += more
	}
	return n, err
}

func countIn(name string) (n int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for piece := make([]byte, 64<<10); ; {
		read, err := f.Read(piece)
		n += bytes.Count(piece[:read], []byte{'\n'})
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
