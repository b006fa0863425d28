package tracing_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// collector takes spans as OTLP, over HTTP and gRPC.
type collector struct {
	collect.UnimplementedTraceServiceServer
	url string

	mu       sync.Mutex
	spans    []*otlp.Span
	resource map[string]string
	headers  []string // of the name X-Key
	types    []string
}

func overHTTP(t *testing.T) *collector {
	c := &collector{resource: map[string]string{}}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

func overGRPC(t *testing.T) *collector {
	c := &collector{resource: map[string]string{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer()
	collect.RegisterTraceServiceServer(s, c)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	c.url = "http://" + l.Addr().String()
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r := &collect.ExportTraceServiceRequest{}
	if err := proto.Unmarshal(body, r); err != nil || q.URL.Path != "/v1/traces" || q.Method != http.MethodPost {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	c.take(r, q.Header.Get("X-Key"), q.Header.Get("Content-Type"))
	answer, _ := proto.Marshal(&collect.ExportTraceServiceResponse{})
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

// Export implements the service.
func (c *collector) Export(ctx context.Context, r *collect.ExportTraceServiceRequest) (*collect.ExportTraceServiceResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	key := ""
	if v := md.Get("x-key"); len(v) > 0 {
		key = v[0]
	}
	c.take(r, key, "grpc")
	return &collect.ExportTraceServiceResponse{}, nil
}

func (c *collector) take(r *collect.ExportTraceServiceRequest, key, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers, c.types = append(c.headers, key), append(c.types, kind)
	for _, rs := range r.ResourceSpans {
		for _, a := range rs.Resource.Attributes {
			c.resource[a.Key] = a.Value.GetStringValue()
		}
		for _, ss := range rs.ScopeSpans {
			c.spans = append(c.spans, ss.Spans...)
		}
	}
}

// named returns the spans of a name.
func (c *collector) named(name string) (found []*otlp.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name {
			found = append(found, s)
		}
	}
	return found
}
