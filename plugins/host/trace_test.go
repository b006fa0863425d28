package host

import (
	"context"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/wire"
)

// metaOf is the metadata that a plugin gets with an event, as name=value.
func metaOf(t *testing.T, h *Host, e *pipeline.Event) string {
	t.Helper()
	c := newCall()
	if err := h.fill(t.Context(), c, e); err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := wire.ReadWork(wire.AppendEvent(nil, 1, c.body), func(in *wire.Event) {
		for _, name := range []string{"traceparent", "tracestate", "sqs.traceparent"} {
			if v, ok := in.Lookup(name); ok {
				all = append(all, name+"="+v)
			}
		}
	}, func(uint64) {}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestPluginLearnsInWhichTraceItGoesOn(t *testing.T) {
	e := pipeline.NewEvent("1", []byte("{}"))
	e.SetMeta("traceparent", "old")
	e.SetMeta("sqs.traceparent", "old")
	h := &Host{config: Config{MaxMessage: 1 << 20}}
	if got := metaOf(t, h, e); got != "traceparent=old sqs.traceparent=old" {
		t.Errorf("without a tracer: %s", got)
	}
	h.options.Carrier = func(_ context.Context, set func(name, value string)) {
		set("traceparent", "new")
		set("tracestate", "a=b")
	}
	if got := metaOf(t, h, e); got != "traceparent=new tracestate=a=b sqs.traceparent=old" {
		t.Errorf("with one: %s", got)
	}
	h.config.MaxMessage = 60
	if got := metaOf(t, h, e); strings.Contains(got, "new") {
		t.Errorf("where there is no room: %s", got)
	}
}
