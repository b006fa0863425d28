package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/leat-io/leat/bench/measure"
)

// start prints how long the program takes for next to nothing.
func (b *bench) start() error {
	fmt.Println("start and end            wall        CPU      memory")
	nothing := filepath.Join(b.dir, "nothing.jsonl")
	if err := os.WriteFile(nothing, nil, 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{{"version"}, {"check", "bench/b.yaml"}, {"run", "bench/b.yaml"}} {
		r, err := b.median(func() (measure.Result, error) {
			cmd := exec.Command(b.leat, args...)
			cmd.Env = append(os.Environ(), "IN="+nothing, "OUT="+filepath.Join(b.dir, "out"))
			return measure.Run(cmd)
		})
		if err != nil {
			return err
		}
		fmt.Printf("leat %-12s %9s %10s %7d MB\n", args[0], r.Wall.Round(time.Millisecond), r.CPU.Round(time.Millisecond), r.Memory>>20)
	}
	return nil
}

// binary prints the size of the program.
func (b *bench) binary() error {
	fmt.Println("program                  size")
	for _, kind := range []struct {
		name  string
		flags []string
	}{{"as go build makes it", nil}, {"as it is released", []string{"-trimpath", "-ldflags", "-s -w"}}} {
		path, err := measure.Build(filepath.Join(b.dir, "built"), "./cmd/leat", kind.flags...)
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Printf("%-22s %3d MB\n", kind.name, info.Size()>>20)
	}
	return nil
}
