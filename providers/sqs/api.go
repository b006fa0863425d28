package sqs

import (
	"context"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// maxBatch is how many entries SQS takes in one request, and gives in one answer.
const maxBatch = 10

// api is what the source and the sink ask of a queue, in either protocol. Each
// call is one request; errors are those of [awsapi.Caller].
type api interface {
	// resolve finds the URL of a queue by name.
	resolve(ctx context.Context, q queueRef) (url string, err error)
	// create makes a queue, or finds one that has these settings already.
	create(ctx context.Context, name string, settings map[string]string) (url string, err error)
	// attributes returns the queue's own settings.
	attributes(ctx context.Context) (map[string]string, error)
	// set changes some of the queue's own settings.
	set(ctx context.Context, settings map[string]string) error
	receive(ctx context.Context, q receiveCall) ([]*received, error)
	// remove deletes messages by receipt. It returns what was refused, by index.
	remove(ctx context.Context, receipts []string) (map[int]*entryError, error)
	// change sets for how long from now messages stay invisible.
	change(ctx context.Context, entries []visibility) (map[int]*entryError, error)
	// send puts messages into the queue. It returns what was refused, by index.
	send(ctx context.Context, entries []*outgoing) (map[int]*entryError, error)
	// at names the queue that all calls but resolve concern.
	at(url string)
}

type receiveCall struct {
	wait       time.Duration
	visibility time.Duration // 0: the queue's own
	peek       bool          // one message, which stays visible to others
}

// most is how many messages are asked for.
func (q receiveCall) most() int {
	if q.peek {
		return 1
	}
	return maxBatch
}

// received is a message as it came.
type received struct {
	id, receipt string
	body        []byte
	group       string // of a FIFO queue
	sent        time.Time
	receives    int // how often it was received, this time included; 0: unknown
	meta        attributes
}

// attributes are those of a message.
type attributes interface {
	pipeline.MetaSource
	// attribute returns one of the system's.
	attribute(name string) (string, bool)
	// custom reports whether there are any of the sender's.
	custom() bool
}

// outgoing is a message to be sent.
type outgoing struct {
	body       string
	attributes []attribute
	group      string // FIFO: the events of a group stay in order
	dedup      string // FIFO: copies within five minutes are one
}

type attribute struct {
	name, kind string // kind: String, Number or Binary, with a suffix of the sender's
	text       string
	binary     []byte
}

type visibility struct {
	receipt string
	timeout time.Duration
}

// entryError is why one entry of a batch was refused.
type entryError struct {
	code, message string
	senders       bool // the entry itself is wrong: the same again will fail again
}

func (e *entryError) Error() string {
	if e.message == "" {
		return e.code
	}
	return e.code + ": " + e.message
}

// unmentioned is the code of an entry that an answer says nothing about.
const unmentioned = "Unmentioned"

// unlessSilent takes an answer that mentions no entry at all for a success, where
// doing the same again does no harm: some services just say 200.
func unlessSilent(failed map[int]*entryError, err error) (map[int]*entryError, error) {
	for _, f := range failed {
		if f.code != unmentioned {
			return failed, err
		}
	}
	return nil, err
}

// seconds rounds up: SQS counts in whole ones.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
