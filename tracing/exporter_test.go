package tracing

import (
	"testing"

	"github.com/leat-io/leat/pipeline"
)

func TestEndpoints(t *testing.T) {
	const own, all = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
	for _, c := range []struct {
		endpoint, protocol string
		env                map[string]string
		want               string // "": it is left to the exporter
	}{
		{"", pipeline.TraceHTTP, nil, "http://127.0.0.1:4318"},
		{"", pipeline.TraceGRPC, nil, "http://127.0.0.1:4317"},
		{"", pipeline.TraceHTTP, map[string]string{own: "http://o"}, ""},
		{"", pipeline.TraceHTTP, map[string]string{all: "http://a"}, ""},
		{"https://c", pipeline.TraceHTTP, map[string]string{all: "http://a"}, "https://c"},
	} {
		config := &pipeline.TracingConfig{Endpoint: c.endpoint}
		got := located(config, c.protocol, func(name string) (string, bool) { v, ok := c.env[name]; return v, ok })
		if got.Endpoint != c.want || config.Endpoint != c.endpoint {
			t.Errorf("%+v: %s", c, got.Endpoint)
		}
	}
	for endpoint, want := range map[string]string{"http://c:4318": "http://c:4318/v1/traces", "http://c/": "http://c/v1/traces", "https://c/otlp/v1/traces": "https://c/otlp/v1/traces"} {
		if got := withPath(endpoint); got != want {
			t.Errorf("%s: %s", endpoint, got)
		}
	}
}
