package sqs

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// behind remembers how old the message was that came last.
type behind struct{ age atomic.Int64 }

const noAge = time.Duration(-1)

func (b *behind) note(messages []*received, now time.Time) {
	last := messages[len(messages)-1]
	if !last.sent.IsZero() {
		b.age.Store(int64(max(0, now.Sub(last.sent)) + 1)) // 0 is: none came yet
	}
}

func (b *behind) last() time.Duration {
	if age := b.age.Load(); age > 0 {
		return time.Duration(age - 1)
	}
	return noAge
}

// backlog asks the queue, with one request, how much is in it.
func (s *Subscriber) backlog(ctx context.Context) (pipeline.Backlog, error) {
	q := s.opened.Load()
	if q == nil {
		return pipeline.Backlog{}, errors.New("the queue is not open yet")
	}
	found, err := q.attributes(ctx)
	if err != nil {
		return pipeline.Backlog{}, err
	}
	return pipeline.Backlog{
		Waiting: countIn(found["ApproximateNumberOfMessages"]),
		Taken:   countIn(found["ApproximateNumberOfMessagesNotVisible"]),
		Delayed: countIn(found["ApproximateNumberOfMessagesDelayed"]),
		Age:     s.behind.last(),
	}, nil
}

// countIn is below 0 for what is none: some services leave counts out.
func countIn(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
