package metrics_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/leat-io/leat/metrics"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
)

// A program of one's own serves the metrics of its pipeline.
func ExampleHandler() {
	const file = `
version: 1
flows: {lines: {from: {stdin: {}}, to: out}}
sinks: {out: {stdout: {}}}
`
	p, report := pipeline.LoadText("pipeline.yaml", file, pipeline.Options{
		Catalog: pipeline.Catalog{Sources: providers.Sources(), Sinks: providers.Sinks()},
		Measure: true,
	})
	if err := report.Err(); err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(metrics.Of(p)))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text, _ := io.ReadAll(w.Body)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "leat_source_events_total") {
			fmt.Print(line)
		}
	}
	// Output: leat_source_events_total{flow="lines",source="stdin"} 0
}
