package tiki

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// SourceConfig are the settings of the tiki source.
//
// Each element of events in an answer is an event: the element is the payload, byte for
// byte, and its id is the event's; without one the id is the hash of the element. Metadata
// are tiki.queue, tiki.sid, tiki.type and tiki.version, as far as the element has them.
// An element that is no JSON object becomes a dead letter. An answer whose elements cannot
// be told apart is a failure as a whole, and nothing of it is taken.
//
// Events are given to the flow in the order of the queue. What the flow hands back is
// offered again after return_after, from memory and in order among itself, and may then come
// behind later events that the flow has kept. The next pull,
// which removes the events from the queue, waits until all are settled; events that are
// settled are not offered again by this process while others keep theirs back. When the
// flow stops and all are settled, that is said at once; otherwise all of them come again
// with the next start, and dedupe knows those that were delivered.
//
// A window that holds events is slow behind this source: the at most hundred events of a
// pull wait for it to pass, and only then the next ones come. Give the source a spool, as
// in tiki: {queue: …, spool: true}: its events are removed from the queue once they are on
// the disk.
//
// Two that pull one queue would remove each other's events. Where replicas share a state,
// as with redis, one of them pulls and the others wait until it ends, or has given no sign
// of life for session_ttl. Without a shared state, see to it that one process reads the
// queue. Sources of one pipeline that name the same queue take turns in any case: the second
// one stands by until the first ends.
//
// A token that Tiki refuses is fetched anew once, and the pull is made again. After 429,
// 5xx, no answer, or one that is not understood, the source waits: half a second at first,
// up to a minute, and no less than a Retry-After header asks for, for up to five minutes.
// Tiki keeps events for 7 days.
type SourceConfig struct {
	// Queue is the code of the queue, as in 5a84289f-ed78-4285-9670-9a34508fb4a7.
	Queue string `yaml:"queue,required"`

	Account `yaml:",inline"`

	// Wait is after what time an empty queue is asked again. Tiki asks for a minute.
	Wait time.Duration `yaml:"wait"`
	// ReturnAfter is after what time an event that the flow handed back comes again: the
	// first of the two after the first time, twice as long after each further one, up to
	// the second.
	ReturnAfter conf.Range `yaml:"return_after"`
}

// Validate checks what the types of the settings do not.
func (c SourceConfig) Validate() error {
	errs := []error{c.Account.Validate(), checkQueue(c.Queue)}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.Wait >= leastWait, "wait", "must be at least 100ms")
	need(c.ReturnAfter.Min > 0, "return_after", "must be longer than 0s")
	return errors.Join(errs...)
}

const (
	leastWait = 100 * time.Millisecond
	// retention is how long Tiki keeps events.
	retention = 7 * 24 * time.Hour
	maxCode   = 200
)

// checkQueue refuses what would lead to another path.
func checkQueue(code string) error {
	if code == "" || len(code) > maxCode || strings.Trim(code, ".") == "" || strings.ContainsFunc(code, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == '\\' }) {
		return pipeline.FieldError("queue", "want the code of a queue, such as 5a84289f-ed78-4285-9670-9a34508fb4a7")
	}
	return nil
}

// pathOf is where a queue is, below the base URL.
func pathOf(queue string) string { return "/queues/" + url.PathEscape(queue) }
