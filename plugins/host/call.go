package host

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/wire"
)

// call is an event whose caller waits for what becomes of it. All but done is guarded by
// the lock of the host, until done has a value.
type call struct {
	id    string
	body  []byte        // of the event, as it is sent behind its number
	done  chan struct{} // has one value once result or err is set; nil: see later
	later *later        // of a caller that does not wait

	result *proto.Result
	err    error

	seq      uint64    // its number, once it is sent
	with     *child    // the process that has it; nil: it is waiting
	sent     time.Time // when it got it
	overdue  time.Time // its time was up then, and the plugin was told; zero: it is not
	stopping bool      // the flow stops: it is not to wait for another process
	patient  bool      // it gets more time: a process died with it after its time was up
	crime    crime
}

// crime is what speaks against an event.
type crime struct {
	crashes int // processes that died while they had it
	alone   int // of these, those that had no other
}

// Three processes have to die with an event, of which the last two had no other, before
// it is held to be the cause: a process may also be killed by somebody else.
const (
	enoughCrashes = 3
	enoughAlone   = 2
)

func (c *crime) proven() bool { return c.crashes >= enoughCrashes && c.alone >= enoughAlone }

func newCall() *call { return &call{done: make(chan struct{}, 1)} }

// finish gives the event back. It must not be in any list any more.
func (c *call) finish(r *proto.Result, err error) {
	c.result, c.err = r, err
	if c.later != nil {
		c.later.finish(c)
		return
	}
	c.done <- struct{}{}
}

// outcome is what the caller gets.
func (c *call) outcome() (*proto.Result, error) {
	if c.err != nil {
		return nil, c.err
	}
	switch o := c.result.Outcome.(type) {
	case *proto.Result_Emit, *proto.Result_Drop:
		return c.result, nil
	case *proto.Result_Reject:
		return nil, pipeline.Reject(errors.New(said(o.Reject.GetReason(), "the plugin rejects the event")))
	case *proto.Result_Retry:
		return nil, again(o.Retry)
	}
	return nil, errors.New("the plugin gave an answer without an outcome")
}

func said(reason, otherwise string) string {
	if reason == "" {
		return otherwise
	}
	return reason
}

// longestPause is how long a plugin can have an event wait.
const longestPause = 24 * time.Hour

func again(r *proto.Retry) error {
	err := errors.New(said(r.GetReason(), "the plugin wants the event later"))
	if ms := r.GetAfterMs(); ms > 0 {
		return pipeline.RetryAfter(err, time.Duration(min(ms, uint64(longestPause/time.Millisecond)))*time.Millisecond)
	}
	return err
}

// tooLarge refuses an event that the plugin could not be sent.
func (h *Host) tooLarge(c *call) error {
	if size, most := len(c.body)+wire.AroundEvent, int(h.config.MaxMessage); size > most {
		return pipeline.Reject(fmt.Errorf("the event takes %d bytes, which is more than max_message of the plugin (%s)", size, h.config.MaxMessage))
	}
	return nil
}

// queue is a list of calls, first in first out.
type queue struct {
	calls []*call
	first int
}

func (q *queue) push(c *call) { q.calls = append(q.calls, c) }

func (q *queue) len() int { return len(q.calls) - q.first }

func (q *queue) pop() *call {
	c := q.calls[q.first]
	q.calls[q.first] = nil
	q.first++
	if q.first == len(q.calls) {
		q.calls, q.first = q.calls[:0], 0
	} else if q.first > 1024 && q.first > len(q.calls)/2 {
		q.calls = append(q.calls[:0], q.calls[q.first:]...)
		q.first = 0
	}
	return c
}

// removeIf takes out the calls for which f is true.
func (q *queue) removeIf(f func(*call) bool) {
	kept := q.calls[:0]
	for _, c := range q.calls[q.first:] {
		if !f(c) {
			kept = append(kept, c)
		}
	}
	clear(q.calls[len(kept):])
	q.calls, q.first = kept, 0
}
