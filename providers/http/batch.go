package http

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/leat-io/leat/pipeline"
)

// batch is the events of one request. Its members may change as long as it is
// open, under the lock of its batcher; its result is known once it is answered.
type batch struct {
	members  []*member
	timer    pipeline.Timer
	answered chan struct{}
	err      error
}

// member is an event in a batch. Its bytes stay valid after the event is gone:
// nobody changes the bytes of a payload in place.
type member struct {
	id  string
	raw []byte
}

func newBatch() *batch { return &batch{answered: make(chan struct{})} }

func (b *batch) remove(m *member) {
	b.members = slices.DeleteFunc(b.members, func(o *member) bool { return o == m })
}

// sendMembers sends events as one JSON array and returns nil after a 2xx.
func (c *client) sendMembers(ctx context.Context, members []*member) error {
	header := http.Header{"Idempotency-Key": {digest(members)}}
	header.Set("Content-Type", c.arrayType())
	return c.send(ctx, array(members), header)
}

func (c *client) arrayType() string {
	if c.config.ContentType != "" {
		return c.config.ContentType
	}
	return "application/json"
}

func array(members []*member) []byte {
	size := 1 + len(members)
	for _, m := range members {
		size += len(m.raw)
	}
	out := append(make([]byte, 0, size), '[')
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.raw...)
	}
	return append(out, ']')
}

// digest is the same for the same events in the same order. The length before
// each id keeps "ab", "c" apart from "a", "bc".
func digest(members []*member) string {
	h := sha256.New()
	for _, m := range members {
		_ = binary.Write(h, binary.BigEndian, uint64(len(m.id)))
		_, _ = h.Write([]byte(m.id))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
