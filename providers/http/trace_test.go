package http

import (
	"context"
	"net/http"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

func TestRequestNamesTheTraceOfItsEvent(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for want, carrier := range map[string]pipeline.Carrier{"": nil, parent: func(_ context.Context, set func(name, value string)) { set("traceparent", parent) }} {
		got := make(chan string, 1)
		c := newClient(sinkConfig("http://example.com"), flowtest.NewClock())
		c.transport, c.carrier = headers(got), carrier
		if err := c.deliver(t.Context(), pipeline.NewEvent("1", []byte("{}"))); err != nil {
			t.Fatal(err)
		}
		if parent := <-got; parent != want {
			t.Errorf("traceparent is %q, want %q", parent, want)
		}
	}
}

// headers tells the traceparent of each request.
type headers chan string

func (h headers) RoundTrip(q *http.Request) (*http.Response, error) {
	h <- q.Header.Get("traceparent")
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
}

func (headers) CloseIdleConnections() {}
