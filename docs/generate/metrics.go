package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/leat-io/leat/metrics"
)

const metricsIntro = "What `/metrics` shows, in the form of Prometheus; [docs/observing.md](observing.md) says how to get there, and what to look at first. " +
	"Counters end in `_total` and only grow, also when a pipeline.yaml is read again; a program that starts anew begins at 0. " +
	"Of a metric with the labels `stage` and `sink` one of them is empty: the event was at the other. " +
	"Beside these there are `go_…` and `process_…`, for the memory, goroutines and processor time of the program."

// writeMetrics prints the page about metrics.
func writeMetrics(w io.Writer) error {
	fmt.Fprintf(w, "<!-- Written by go run ./docs/generate; change metrics/declare.go instead. -->\n\n# Metrics\n\n%s\n\n", metricsIntro)
	fmt.Fprint(w, "| metric | kind | labels | meaning |\n|---|---|---|---|\n")
	for _, m := range metrics.All() {
		labels := ""
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "` `") + "`"
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", m.Name, m.Kind, labels, strings.ReplaceAll(m.Help, "|", "\\|"))
	}
	return nil
}
