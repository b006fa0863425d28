package sqstest

import (
	"crypto/md5"
	"encoding/hex"

	"github.com/leat-io/leat/internal/rawjson"
)

// state is where a message of a queue is.
type state uint8

const (
	visible state = iota
	inFlight
	delayed
)

// message is a message in a queue. What is above the line never changes once it
// is in the queue, so that an answer can be written without the queue's lock.
type message struct {
	number     uint64 // in its queue
	id         string
	body       string
	literal    string // the body in JSON
	digest     string // MD5 of the body
	attributes []attribute
	attrDigest string // of all attributes
	trace      string // AWSTraceHeader
	group      string
	dedup      string
	sequence   string // in a FIFO queue
	source     string // the ARN of the queue it was dead-lettered from
	sent       int64  // as all times here, in nanoseconds

	state    state
	receives int
	first    int64  // received
	last     int64  // received
	receipt  uint32 // number of the newest receive
	due      int64  // when it becomes visible, unless it is
	heapAt   int    // place in the heap of what is not visible
	prev     *message
	next     *message
}

// setBody keeps the text once where its JSON literal is the text in quotes.
func (m *message) setBody(body string) {
	m.literal = string(rawjson.AppendString(make([]byte, 0, len(body)+16), body))
	m.body = body
	if len(m.literal) == len(body)+2 {
		m.body = m.literal[1 : len(m.literal)-1]
	}
	sum := md5.Sum([]byte(body))
	m.digest = hex.EncodeToString(sum[:])
}

// size is what counts against the queue's limit: the body and the names, types
// and values of attributes.
func (m *message) size() int {
	n := len(m.body)
	for _, a := range m.attributes {
		n += len(a.name) + len(a.kind) + len(a.value)
	}
	return n
}
