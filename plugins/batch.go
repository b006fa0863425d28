package plugins

import (
	"strings"

	"github.com/leat-io/leat/plugins/proto"
)

// maxBatch is how many bytes the answers in one message take, unless a single one takes more.
const maxBatch = 1 << 20

// batch is how many of the answers go in one message, which is to be no more than leat
// takes: at least one, unless the message carries others, the numbers of so many events
// that go on as they came.
func batch(ready []*proto.Result, same, most int) int {
	limit := maxBatch
	if most > 0 {
		limit = min(limit, most-aroundAnswers)
	}
	size := 0
	for i, r := range ready {
		if size += weight(r); size > limit && i+same > 0 {
			return i
		}
	}
	return len(ready)
}

// aroundAnswers is room for the credits of a message, and for the numbers of events that
// go on as they came, of which there are no more than [credits].
const aroundAnswers = 64 << 10

// weight is how many bytes an answer takes, or somewhat more.
func weight(r *proto.Result) int {
	size := aroundAnswer + len(r.GetDrop().GetReason()) + len(r.GetRetry().GetReason()) + len(r.GetReject().GetReason())
	for _, o := range r.GetEmit().GetEvents() {
		size += aroundOutput + len(o.Payload) + len(o.GetId()) + len(o.GetKey()) + len(o.GetType())
		for _, m := range o.Meta {
			size += aroundMeta + len(m.Key) + len(m.Value)
		}
	}
	return size
}

// What messages take besides the texts in them.
const (
	aroundAnswer = 64
	aroundOutput = 64
	aroundMeta   = 24
)

// text makes s fit for the contract, whose text is UTF-8: a single bad byte would end
// the stream, with all events on it.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
