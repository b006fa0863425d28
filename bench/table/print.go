package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leat-io/leat/bench/measure"
)

func printHead() {
	fmt.Printf("%-2s %-8s %12s %10s %9s %14s   %s\n", "", "", "CPU s/M", "lines/s", "memory", "redis CPU s/M", "beside leat")
}

// printLines prints what each contestant took for a million envelopes.
func printLines(variant string, lines int, all []*contestant) {
	first := all[0]
	perMillion := 1e6 / float64(lines)
	for _, c := range all {
		cpu, wall := measure.Median(c.results, func(r result) time.Duration { return r.CPU }), measure.Median(c.results, func(r result) time.Duration { return r.Wall })
		redis := measure.Median(c.results, func(r result) time.Duration { return r.redis })
		memory := slices.MaxFunc(c.results, func(a, b result) int { return cmp.Compare(a.Memory, b.Memory) }).Memory
		fmt.Printf("%-2s %-8s %12.1f %10.0f %6d MB", variant, c.name, cpu.Seconds()*perMillion, float64(lines)/wall.Seconds(), memory>>20)
		if redis > 0 {
			fmt.Printf(" %14.1f", redis.Seconds()*perMillion)
		} else {
			fmt.Printf(" %14s", "-")
		}
		if c != first {
			fmt.Printf("   %.2f × the CPU, %.2f × the lines/s", ratio(cpu, measure.Median(first.results, func(r result) time.Duration { return r.CPU })),
				ratio(measure.Median(first.results, func(r result) time.Duration { return r.Wall }), wall))
		}
		fmt.Println()
	}
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }
