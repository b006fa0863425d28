package plugins

import (
	"strings"

	"github.com/leat-io/leat/plugins/proto"
)

// maxBatch is about how many bytes of payload an answer carries: a fraction of what leat
// takes in one message, so that several that are a bit larger still pass.
const maxBatch = 1 << 20

// batch is how many of the answers go in one message, at least one.
func batch(ready []*proto.Result) int {
	size := 0
	for i, r := range ready {
		for _, o := range r.GetEmit().GetEvents() {
			size += len(o.Payload)
		}
		if size > maxBatch && i > 0 {
			return i
		}
	}
	return len(ready)
}

// text makes s fit for the contract, whose text is UTF-8: a single bad byte would end
// the stream, with all events on it.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
