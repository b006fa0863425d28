package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/leat-io/leat/bench/feed"
	"github.com/leat-io/leat/bench/measure"
)

func (b *bench) eventsPerEnvelope() error {
	fmt.Println("events in an envelope   CPU µs/event   events/s    MB/s   (bench/b.yaml)")
	for _, n := range []int{1, 10, 100} {
		if err := b.file(fmt.Sprint(n), feed.Options{Events: n}); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) eventSize() error {
	fmt.Println("event of                CPU µs/event   events/s    MB/s   (bench/b.yaml, one event in an envelope)")
	for _, kB := range []int{1, 4, 16, 64, 256} {
		if err := b.file(fmt.Sprint(kB, " kB"), feed.Options{Events: 1, Size: kB << 10}); err != nil {
			return err
		}
	}
	return nil
}

// file prints what a file through bench/b.yaml takes, without the start of the program.
func (b *bench) file(name string, o feed.Options) error {
	o.Lines = 200
	small, err := feed.Write(filepath.Join(b.dir, "in.jsonl"), o)
	if err != nil {
		return err
	}
	o.Lines = int(int64(b.megabytes) << 20 * 200 / small.Bytes)
	fd, err := feed.Write(small.Path, o)
	if err != nil {
		return err
	}
	nothing := filepath.Join(b.dir, "nothing.jsonl")
	if err := os.WriteFile(nothing, nil, 0o644); err != nil {
		return err
	}
	idle, err := b.median(func() (measure.Result, error) { return b.flow(nothing) })
	if err != nil {
		return err
	}
	r, err := b.median(func() (measure.Result, error) { return b.flow(fd.Path) })
	if err != nil {
		return err
	}
	cpu, wall := r.CPU-idle.CPU, r.Wall-idle.Wall
	fmt.Printf("%-20s %15.1f %10.0f %7.0f\n", name, float64(cpu.Microseconds())/float64(fd.Events), float64(fd.Events)/wall.Seconds(), float64(fd.Bytes)/1e6/wall.Seconds())
	return nil
}

// flow runs bench/b.yaml over a file.
func (b *bench) flow(in string) (measure.Result, error) {
	out := filepath.Join(b.dir, "out")
	if err := os.RemoveAll(out); err != nil {
		return measure.Result{}, err
	}
	cmd := exec.Command(b.leat, "run", "bench/b.yaml")
	cmd.Env = append(os.Environ(), "IN="+in, "OUT="+out)
	return measure.Run(cmd)
}

func (b *bench) median(run func() (measure.Result, error)) (measure.Result, error) {
	var all []measure.Result
	for range b.runs {
		r, err := run()
		if err != nil {
			return r, err
		}
		all = append(all, r)
	}
	most := slices.MaxFunc(all, func(a, b measure.Result) int { return cmp.Compare(a.Memory, b.Memory) })
	return measure.Result{
		CPU:    measure.Median(all, func(r measure.Result) time.Duration { return r.CPU }),
		Wall:   measure.Median(all, func(r measure.Result) time.Duration { return r.Wall }),
		Memory: most.Memory,
	}, nil
}
