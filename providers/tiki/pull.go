package tiki

import (
	"context"
	"fmt"
	"net/http"
)

// api is a queue as the source uses it. Neither method tries again.
type api interface {
	// pull removes what came with an ack_id, nil for nothing, and returns what comes next.
	pull(ctx context.Context, ackID []byte) (pulled, error)
	// ack removes what came with an ack_id.
	ack(ctx context.Context, ackID []byte) error
	close()
}

// pulled is an answer to a pull.
type pulled struct {
	elements []element
	// ackID is what has them removed, as it is in the answer; nil: there is none.
	ackID []byte
}

// remoteQueue is the [api] of Tiki.
type remoteQueue struct {
	*client
	path string
}

func openQueue(c *client, code string) *remoteQueue { return &remoteQueue{c, pathOf(code)} }

func (q *remoteQueue) pull(ctx context.Context, ackID []byte) (pulled, error) {
	path := q.path + "/events/pull"
	body, err := q.call(ctx, http.MethodPost, path, ackBody(ackID))
	if err != nil {
		return pulled{}, err
	}
	p, err := readPull(body)
	if err != nil {
		return pulled{}, fmt.Errorf("POST %s%s: %w: %w", q.base, path, errNotUnderstood, err)
	}
	return p, nil
}

func (q *remoteQueue) ack(ctx context.Context, ackID []byte) error {
	_, err := q.call(ctx, http.MethodPost, q.path+"/events/ack", ackBody(ackID))
	return err
}

func ackBody(ackID []byte) []byte {
	if ackID == nil {
		ackID = []byte("null")
	}
	return fmt.Appendf(nil, `{"ack_id":%s}`, ackID)
}
