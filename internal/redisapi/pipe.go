package redisapi

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/coalesce"
)

// Pipe puts the commands of concurrent callers into common round trips. A caller
// that is alone does not wait for others.
type Pipe struct {
	client  Client
	batches *coalesce.Coalescer[[]redis.Cmder]
	// Time, when set before the first call of Do, is called when a round trip begins; what
	// it returns is called when that has ended.
	Time func() (done func(error))
}

const (
	// pipeItems is how many callers share a round trip. More bring little, and keep
	// the server from others for longer.
	pipeItems = 200
	// pipeRequests is how many round trips are under way at the same time: with two,
	// one is on the wire while the server works on the other; more serve a server that
	// is far away.
	pipeRequests = 4
	pipeBytes    = 1 << 20
)

// NewPipe returns a pipe that has to be closed. It does not close the client.
func NewPipe(client Client) *Pipe {
	p := &Pipe{client: client}
	p.batches = coalesce.New(coalesce.Options[[]redis.Cmder]{
		MaxItems: pipeItems, MaxBytes: pipeBytes, MaxRequests: pipeRequests, Send: p.send,
		AfterFunc: func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop },
	})
	return p
}

// Do sends commands, in their order, and returns when they are answered: each has
// its own result and error then. Do's own error means that they were not sent, or
// that ctx ended and nobody knows what became of them.
//
// A connection that breaks off has commands sent again, so every one of them must be
// such that it may be carried out twice.
func (p *Pipe) Do(ctx context.Context, commands ...redis.Cmder) error {
	return p.batches.Do(ctx, nil, commands, size(commands), "")
}

// Start is [Pipe.Do] for a caller that does not wait: told is called in its place, see
// [coalesce.Coalescer.Start].
func (p *Pipe) Start(commands []redis.Cmder, gone <-chan struct{}, told func(err error, sent *coalesce.Batch)) error {
	return p.batches.Start(commands, size(commands), "", gone, told)
}

// Close returns once all callers have their answers.
func (p *Pipe) Close() { p.batches.Close() }

// CloseBy is Close that waits no longer than ctx lasts for what is not sent yet.
func (p *Pipe) CloseBy(ctx context.Context) {
	defer context.AfterFunc(ctx, p.batches.GiveUp)()
	p.batches.Close()
}

func (p *Pipe) send(ctx context.Context, batch [][]redis.Cmder) []error {
	pipeline := p.client.Pipeline()
	for _, commands := range batch {
		for _, c := range commands {
			c.SetErr(errUnanswered)
			_ = pipeline.Process(ctx, c)
		}
	}
	done := func(error) {}
	if p.Time != nil {
		done = p.Time()
	}
	_, err := pipeline.Exec(ctx)
	done(err)
	return unanswered(batch, err)
}

// errUnanswered is the error of a command until it is answered. Each knows its own error
// then; but where no connection is to be had, because the password is wrong, say, the client
// leaves commands as they were.
var errUnanswered = errors.New("no answer came from Redis")

// unanswered are the errors of those with a command that has no answer.
func unanswered(batch [][]redis.Cmder, why error) []error {
	errs := make([]error, len(batch))
	for i, commands := range batch {
		for _, c := range commands {
			if c.Err() == errUnanswered {
				errs[i] = cmp.Or(why, errUnanswered)
				c.SetErr(errs[i])
			}
		}
	}
	return errs
}
