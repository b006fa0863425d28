package tracing

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc/credentials"

	"github.com/leat-io/leat/pipeline"
)

// newExporter returns what sends spans as the settings say. What they leave open is left
// to the exporter, which reads the environment then. Nothing is connected to yet.
func newExporter(ctx context.Context, c *pipeline.TracingConfig, getenv func(string) (string, bool)) (sdk.SpanExporter, error) {
	trust, err := trustOf(c)
	if err != nil {
		return nil, err
	}
	protocol := protocolOf(c, getenv)
	c = located(c, protocol, getenv)
	switch protocol {
	case pipeline.TraceHTTP:
		return otlptrace.New(ctx, otlptracehttp.NewClient(overHTTP(c, trust)...))
	case pipeline.TraceGRPC:
		return otlptrace.New(ctx, otlptracegrpc.NewClient(overGRPC(c, trust)...))
	default:
		return nil, fmt.Errorf("tracing: OTEL_EXPORTER_OTLP_PROTOCOL is %q: want %s or %s", protocol, pipeline.TraceHTTP, pipeline.TraceGRPC)
	}
}

func protocolOf(c *pipeline.TracingConfig, getenv func(string) (string, bool)) string {
	own, _ := getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
	all, _ := getenv("OTEL_EXPORTER_OTLP_PROTOCOL")
	return cmp.Or(c.Protocol, own, all, pipeline.TraceHTTP)
}

// located is c with the address that OTLP has where nobody names one: the exporters of Go would
// want TLS there, which no collector has by itself.
func located(c *pipeline.TracingConfig, protocol string, getenv func(string) (string, bool)) *pipeline.TracingConfig {
	own, _ := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
	all, _ := getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	if cmp.Or(c.Endpoint, own, all) != "" {
		return c
	}
	out := *c
	out.Endpoint = "http://127.0.0.1:4318"
	if protocol == pipeline.TraceGRPC {
		out.Endpoint = "http://127.0.0.1:4317"
	}
	return &out
}

func overHTTP(c *pipeline.TracingConfig, trust *tls.Config) []otlptracehttp.Option {
	o := []otlptracehttp.Option{otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}), otlptracehttp.WithTimeout(c.Timeout)}
	if c.Endpoint != "" {
		o = append(o, otlptracehttp.WithEndpointURL(withPath(c.Endpoint)))
	}
	if len(c.Headers) > 0 {
		o = append(o, otlptracehttp.WithHeaders(revealed(c.Headers)))
	}
	if trust != nil {
		o = append(o, otlptracehttp.WithTLSClientConfig(trust))
	}
	return o
}

func overGRPC(c *pipeline.TracingConfig, trust *tls.Config) []otlptracegrpc.Option {
	o := []otlptracegrpc.Option{otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}), otlptracegrpc.WithTimeout(c.Timeout)}
	if c.Endpoint != "" {
		o = append(o, otlptracegrpc.WithEndpointURL(c.Endpoint))
	}
	if len(c.Headers) > 0 {
		o = append(o, otlptracegrpc.WithHeaders(revealed(c.Headers)))
	}
	if trust != nil {
		o = append(o, otlptracegrpc.WithTLSCredentials(credentials.NewTLS(trust)))
	}
	return o
}

// withPath is where spans are taken below an address.
func withPath(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err == nil && strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1/traces"
		return u.String()
	}
	return endpoint
}

func revealed(secrets map[string]pipeline.Secret) map[string]string {
	out := make(map[string]string, len(secrets))
	for name, s := range secrets {
		out[name] = s.Reveal()
	}
	return out
}

// trustOf reads the certificates that the collector's is checked against; nil: those of
// the system, or of the environment.
func trustOf(c *pipeline.TracingConfig) (*tls.Config, error) {
	if c.Certificate == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Certificate)
	if err != nil {
		return nil, fmt.Errorf("tracing: read the certificate: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("tracing: " + c.Certificate + " holds no certificate: want PEM")
	}
	return &tls.Config{RootCAs: pool}, nil
}
