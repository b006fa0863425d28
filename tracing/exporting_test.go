package tracing_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/stages"
	"github.com/leat-io/leat/state"
	"github.com/leat-io/leat/tracing"
)

func catalog() pipeline.Catalog {
	return pipeline.Catalog{Stages: stages.All(), Sources: providers.Sources(), Sinks: providers.Sinks(), States: state.All()}
}

// runFile runs a flow from a file into one, with what the file says of tracing, and
// returns what was logged.
func runFile(t *testing.T, traced string, env map[string]string) (log string, x *tracing.Exporting) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "pipeline.yaml")
	for name, text := range map[string]string{
		"in.jsonl":      "{\"n\":1}\n{\"n\":2}\n",
		"pipeline.yaml": fmt.Sprintf("version: 1\n%s\nstate: {memory: {}}\nflows: {f: {from: {file: {path: %s/in.jsonl}}, stages: [{filter: body.n > 1}], to: out}}\nsinks: {out: {file: {path: %[2]s/out.jsonl}}}\n", traced, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	x = tracing.NewExporting(tracing.Options{Log: slog.New(slog.NewTextHandler(&out, nil)), Version: "v1", Getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	p, err := pipeline.Load(file, pipeline.Options{Catalog: catalog(), Tracer: x.Tracer})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	_ = x.Close()
	return out.String(), x
}

func TestSpansAreSentAsOTLP(t *testing.T) {
	for protocol, c := range map[string]*collector{"http/protobuf": overHTTP(t), "grpc": overGRPC(t)} {
		t.Run(protocol, func(t *testing.T) {
			log, _ := runFile(t, fmt.Sprintf("tracing: {endpoint: %q, protocol: %s, headers: {x-key: secret}, service: parcels, resource: {deployment.environment.name: test}}", c.url, protocol), nil)
			if log != "" {
				t.Error(log)
			}
			if len(c.named("process f")) != 2 || len(c.named("filter")) != 2 || len(c.named("send out")) != 1 {
				t.Errorf("%v", c.spans)
			}
			if len(c.headers) == 0 || c.headers[0] != "secret" {
				t.Errorf("headers %q", c.headers)
			}
			if c.resource["service.name"] != "parcels" || c.resource["service.version"] != "v1" || c.resource["deployment.environment.name"] != "test" {
				t.Errorf("resource %v", c.resource)
			}
		})
	}
}

// What the file leaves open, the variables of OpenTelemetry say.
func TestVariablesOfOpenTelemetryCount(t *testing.T) {
	for protocol, c := range map[string]*collector{"http/protobuf": overHTTP(t), "grpc": overGRPC(t)} {
		t.Run(protocol, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
			t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=fromenv")
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=parcels,service.name=lost")
			env := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": c.url, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_SERVICE_NAME": "named"}
			runFile(t, "tracing: {}", env)
			if len(c.named("process f")) != 2 || c.headers[0] != "fromenv" || c.resource["team"] != "parcels" || c.resource["service.name"] != "named" {
				t.Errorf("headers %q, resource %v, %d spans", c.headers, c.resource, len(c.spans))
			}
		})
	}
}

func TestWithoutTracingTheVariablesMeanNothing(t *testing.T) {
	c := overHTTP(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	runFile(t, "", nil)
	if len(c.types) > 0 {
		t.Error("something was sent")
	}
}

func TestSampleIsAPartOfAllTraces(t *testing.T) {
	c := overHTTP(t)
	runFile(t, fmt.Sprintf("tracing: {endpoint: %q, sample: 0}", c.url), nil)
	if len(c.spans) > 0 {
		t.Errorf("%d spans", len(c.spans))
	}
}

// A collector that is away, or answers nonsense, costs spans and nothing else.
func TestFlowsDoNotNeedACollector(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // nobody listens there
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		log, x := runFile(t, fmt.Sprintf("tracing: {endpoint: \"http://%s\", protocol: %s, timeout: 1s}", l.Addr(), protocol), nil)
		if x.Lost() != 5 || strings.Count(log, "cannot be sent") != 1 || !strings.Contains(log, "spans=5") {
			t.Errorf("%s: %d lost\n%s", protocol, x.Lost(), log)
		}
	}
}

func TestSettingsOfTracing(t *testing.T) {
	const rest = "\nversion: 1\nflows: {f: {from: stdin, to: out}}\nsinks: {out: {stdout: {}}}\n"
	for text, want := range map[string]string{
		"tracing: {}":                                                      "",
		"tracing: https://collector:4318":                                  "",
		"tracing: {endpoint: collector:4317}":                              "want a URL such as",
		"tracing: {endpoint: 'http://u:hunter2@c:1'}":                      "must not hold a user or password",
		"tracing: {endpoint: 'http://c/x', protocol: grpc}":                "has a path, and with grpc there is none",
		"tracing: {endpoint: 'http://c/x?key=hunter2'}":                    "has a query",
		"tracing: {protocol: http/json}":                                   "want http/protobuf or grpc",
		"tracing: {sample: 1.5}":                                           "from 0 to 1",
		"tracing: {sample: 0.1}":                                           "",
		"tracing: {incoming: yes}":                                         "want parent, link or ignore",
		"tracing: {timeout: 0s}":                                           "longer than 0s",
		"tracing: {queue: 0}":                                              "want 1 to 1000000",
		"tracing: {headers: {'a b': c}}":                                   "cannot be the name of a header",
		"tracing: {headers: {a: \"b\\nc\"}}":                               "printable ASCII",
		"tracing: {headers: {a: b}, endpoint: 'http://collector.example'}": "unencrypted",
		"tracing: {headers: {a: b}, endpoint: 'http://127.0.0.1:4318'}":    "",
		"tracing: {endpiont: x}":                                           `did you mean "endpoint"`,
	} {
		_, report := pipeline.LoadText("p.yaml", text+rest, pipeline.Options{Catalog: catalog()})
		var got bytes.Buffer
		report.Print(&got)
		if strings.Contains(got.String(), "hunter2") && !strings.Contains(text, "hunter2") || want == "" && got.Len() > 0 || !strings.Contains(got.String(), want) {
			t.Errorf("%s:\n%s", text, got.String())
		}
	}
}

func TestCertificateThatIsNoneKeepsTheRunFromStarting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []pipeline.TracingConfig{{Certificate: path}, {Certificate: path + ".none"}} {
		x := tracing.NewExporting(tracing.Options{})
		x.Tracer(&c)
		if err := x.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "tracing: ") {
			t.Error(err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}
