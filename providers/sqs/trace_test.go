package sqs

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

const aParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// carrying is what a tracer gives to take along.
func carrying(_ context.Context, set func(name, value string)) {
	set("traceparent", aParent)
	set("tracestate", "a=b")
}

func TestMessageNamesItsTrace(t *testing.T) {
	for _, c := range []struct {
		carrier pipeline.Carrier
		others  int
		own     string // an attribute of the settings
		size    int    // of the payload
		want    string
	}{
		{carrying, 0, "", 10, "leat traceparent tracestate"},
		{nil, 0, "", 10, "leat"},
		{carrying, 8, "", 10, "leat traceparent"},
		{carrying, 9, "", 10, "leat"},
		{carrying, 0, "traceparent", 10, "leat traceparent=mine"},
		{carrying, 0, "", maxMessage - 110, "leat traceparent"},
		{carrying, 0, "", maxMessage - 60, "leat"},
	} {
		bubble(t, func(t *testing.T) {
			s, name := newServer(t, sqstest.Options{}, nil)
			k := sinkTo(t, s, sinkConfig(name, func(config *SinkConfig) {
				config.Attributes = map[string]pipeline.Expr{}
				for i := range c.others {
					config.Attributes[fmt.Sprintf("other%d", i)] = exprOf(t, `"x"`)
				}
				if c.own != "" {
					config.Attributes[c.own] = exprOf(t, `"mine"`)
				}
			}))
			k.carrier = c.carrier
			if err := k.deliver(t.Context(), pipeline.NewEvent("1", []byte(strings.Repeat("a", c.size)))); err != nil {
				t.Fatal(err)
			}
			a := newAutoAPI(callerOf(t, s, direct{s}), quiet)
			a.at(s.QueueURL(name))
			got, err := a.receive(t.Context(), receiveCall{})
			if err != nil || len(got) != 1 {
				t.Fatalf("%d messages, %v", len(got), err)
			}
			var names []string
			for _, name := range []string{"leat", "traceparent", "tracestate"} {
				switch v, ok := got[0].meta.Lookup(metaPrefix + name); {
				case v == "mine":
					names = append(names, name+"=mine")
				case ok:
					names = append(names, name)
				}
			}
			if text := strings.Join(names, " "); text != c.want {
				t.Errorf("%+v: %s", c, text)
			}
		})
	}
}
