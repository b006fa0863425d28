package sns

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

const aParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func carrying(_ context.Context, set func(name, value string)) {
	set("traceparent", aParent)
	set("tracestate", "a=b")
}

func TestMessageNamesItsTrace(t *testing.T) {
	for _, c := range []struct {
		carrier pipeline.Carrier
		others  int
		size    int // of the payload
		want    string
	}{
		{carrying, 0, 10, "leat traceparent tracestate"},
		{nil, 0, 10, "leat"},
		{carrying, 8, 10, "leat traceparent"},
		{carrying, 9, 10, "leat"},
		{carrying, 0, 256<<10 - 60, "leat"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, err := sqstest.Handler(sqstest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			if _, err := s.CreateQueue("q", nil); err != nil {
				t.Fatal(err)
			}
			arn := s.CreateTopic("t")
			subscribe(t, s, arn, s.QueueARN("q"), false)
			k := started(t, s, config(arn, func(config *SinkConfig) {
				config.Attributes = map[string]pipeline.Expr{}
				for i := range c.others {
					config.Attributes[fmt.Sprintf("other%d", i)] = exprOf(t, `"x"`)
				}
			}))
			k.carrier = c.carrier
			if err := k.deliver(t.Context(), pipeline.NewEvent("1", []byte(strings.Repeat("a", c.size)))); err != nil {
				t.Fatal(err)
			}
			attributes, _ := rawjson.NewPath("MessageAttributes").Find([]byte(sentTo(t, s, "q", 1)[0].Body))
			var names []string
			for _, name := range []string{"leat", "traceparent", "tracestate"} {
				if _, ok := rawjson.NewPath(name).Find(attributes); ok {
					names = append(names, name)
				}
			}
			if text := strings.Join(names, " "); text != c.want {
				t.Errorf("%+v: %s", c, text)
			}
		})
	}
}
