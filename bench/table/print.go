package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

func printHead() {
	fmt.Printf("%-2s %-8s %12s %10s %9s %14s   %s\n", "", "", "CPU s/M", "lines/s", "memory", "redis CPU s/M", "beside leat")
}

// printLines prints what each contestant took for a million envelopes.
func printLines(variant string, lines int, all []*contestant) {
	first := all[0]
	perMillion := 1e6 / float64(lines)
	for _, c := range all {
		cpu, wall := median(c.results, func(r result) time.Duration { return r.cpu }), median(c.results, func(r result) time.Duration { return r.wall })
		redis := median(c.results, func(r result) time.Duration { return r.redis })
		memory := slices.MaxFunc(c.results, func(a, b result) int { return cmp.Compare(a.memory, b.memory) }).memory
		fmt.Printf("%-2s %-8s %12.1f %10.0f %6d MB", variant, c.name, cpu.Seconds()*perMillion, float64(lines)/wall.Seconds(), memory>>20)
		if redis > 0 {
			fmt.Printf(" %14.1f", redis.Seconds()*perMillion)
		} else {
			fmt.Printf(" %14s", "-")
		}
		if c != first {
			fmt.Printf("   %.2f × the CPU, %.2f × the lines/s", ratio(cpu, median(first.results, func(r result) time.Duration { return r.cpu })),
				ratio(median(first.results, func(r result) time.Duration { return r.wall }), wall))
		}
		fmt.Println()
	}
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

func median(results []result, of func(result) time.Duration) time.Duration {
	var all []time.Duration
	for _, r := range results {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
