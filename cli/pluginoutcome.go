package cli

import (
	"fmt"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
)

// became is what a plugin did with an event in words, and whether leat would have to
// give it the event again.
func became(result *proto.Result, err error, sink bool) (what string, again bool) {
	switch {
	case err != nil && pipeline.Rejected(err):
		return because("rejected", err.Error()), false
	case err != nil:
		return because("to be tried again", err.Error()), true
	case result.GetDrop() != nil:
		return because("dropped", result.GetDrop().GetReason()), false
	case sink:
		return "delivered", false
	}
	switch events := result.GetEmit().GetEvents(); len(events) {
	case 0:
		return "dropped", false
	case 1:
		if changed(events[0]) {
			return "goes on, changed", false
		}
		return "goes on as it came", false
	default:
		return fmt.Sprintf("becomes %d events", len(events)), false
	}
}

func because(what, reason string) string {
	const most = 200
	if reason == "" {
		return what
	}
	if len(reason) > most {
		reason = reason[:most] + " …"
	}
	return what + ": " + printable(reason)
}

func changed(o *proto.Output) bool {
	return o.Payload != nil || o.Id != nil || o.Key != nil || o.Type != nil || o.Time != nil || len(o.Meta) > 0
}

// round leaves two or three digits of a duration.
func round(d time.Duration) time.Duration {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
