package templates_test

import (
	"fmt"
	"strings"
	"testing"

	contract "github.com/leat-io/leat/plugins/proto"
)

func TestSlowEventsHoldUpNoOthers(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		c := converse(t, p.start(t), &contract.ConfigureRequest{})
		held := c.send(`{"do":"hold"}`, `{"do":"hold"}`, `{"do":"hold"}`)
		for range 200 {
			c.send(`{}`, `{}`)
		}
		c.ask(`{"do":"release"}`)
		for _, seq := range held {
			if got := c.result(seq).GetEmit().GetEvents(); len(got) != 1 || got[0].Meta[0].Value != "released" {
				t.Errorf("%d: %v", seq, got)
			}
		}
		c.end()
	})
}

func TestEventsThatGoOnAsTheyCameTravelAsNumbers(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		c := converse(t, p.start(t), &contract.ConfigureRequest{})
		if err := c.stream.Send(&contract.Work{Events: []*contract.Event{{Seq: 1 << 63, Payload: []byte(`{}`), Id: "i"}}}); err != nil {
			t.Fatal(err)
		}
		if m, err := c.stream.Recv(); err != nil || len(m.Results) != 0 || len(m.Unchanged) != 1 || m.Unchanged[0] != 1<<63 || m.Credits != 1 {
			t.Errorf("%v %v", m, err)
		}
	})
}

func TestResultsTravelTogether(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		c := converse(t, p.start(t), &contract.ConfigureRequest{})
		for range 500 {
			c.send(`{}`, `{}`, `{}`, `{}`)
		}
		c.end()
		if c.largest < 2 {
			t.Errorf("never more than %d results in a message", c.largest)
		}
	})
}

func TestCancelledEventsAreAnsweredAllTheSame(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		c := converse(t, p.start(t), &contract.ConfigureRequest{})
		running := c.send(`{"do":"hold"}`, `{"do":"hold"}`, `{"do":"hold"}`)
		c.ask(`{}`) // whose turn came after theirs
		waiting := c.send(`{"do":"hold"}`, `{"do":"hold"}`, `{"do":"hold"}`, `{"do":"hold"}`, `{"do":"hold"}`)
		c.sendWork(&contract.Work{Cancelled: append(append(running, waiting...), 12345)})
		for _, seq := range append(running, waiting...) {
			// Those that were under way have returned the event, but only half handled.
			if got := c.result(seq).GetRetry(); got.GetReason() != "its time was up" {
				t.Errorf("%d: %v", seq, got)
			}
		}
		c.end()
	})
}

func TestHugeEventsPassAndTooLargeResultsAreRejected(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		const limit = 6 << 20
		c := converse(t, p.start(t), &contract.ConfigureRequest{MaxMessage: limit})
		c.limit = limit
		huge := `{"do":"add","x":"` + strings.Repeat("x", limit-1000) + `"}`
		if got := c.ask(huge).GetEmit(); got == nil || len(got.Events[0].Payload) != len(huge)+len(`,"added":[1,"ü"]`) {
			t.Error("a huge event does not pass")
		}
		if got := c.ask(fmt.Sprintf(`{"do":"big","size":%d}`, limit)).GetReject(); got == nil || !strings.Contains(got.Reason, "leat takes 6291456 at most") {
			t.Errorf("%v", got)
		}
		c.send(`{"do":"hold"}`, `{"do":"hold"}`, `{"do":"big","size":4000000}`, `{"do":"big","size":4000000}`, `{"do":"big","size":4000000}`, `{"do":"release"}`)
		c.end()
	})
}
