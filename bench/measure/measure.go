// Package measure runs programs and says what they took.
package measure

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// Result is what a run of a program took.
type Result struct {
	CPU, Wall time.Duration
	Memory    int64 // bytes, at most at any time
}

// Run runs a program to its end, with its children. What it said is in the error.
func Run(cmd *exec.Cmd) (Result, error) {
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return Result{}, fmt.Errorf("%w\n%s", err, said.String())
	}
	p := cmd.ProcessState
	return Result{CPU: p.UserTime() + p.SystemTime(), Wall: time.Since(began), Memory: peak(p)}, nil
}

// Build builds a command of this module into dir.
func Build(dir, command string, flags ...string) (string, error) {
	out := filepath.Join(dir, filepath.Base(command))
	args := append([]string{"build", "-o", out}, flags...)
	said, err := exec.Command("go", append(args, command)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", command, err, said)
	}
	return out, nil
}

// Median is that of what of gives for each, the upper one of an even number.
func Median[T any](all []T, of func(T) time.Duration) time.Duration {
	var values []time.Duration
	for _, one := range all {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
