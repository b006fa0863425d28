package redisstream

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/redisapi"
)

// server is the [api] of a real Redis.
type server struct {
	client                  redisapi.Client
	patient                 redisapi.Client // for answers that bring entries, see [pace]
	pipe                    *redisapi.Pipe
	stream, group, consumer string
	decoder                 decoder
}

func newServer(c SourceConfig, stream, consumer string) (*server, error) {
	client, err := redisapi.Open(c.Settings)
	if err != nil {
		return nil, err
	}
	patient, err := redisapi.OpenPatient(c.Settings, maxBlock+longestPatience)
	if err != nil {
		return nil, err
	}
	return &server{client, patient, redisapi.NewPipe(client), stream, c.Group, consumer, decoder{c.Payload}}, nil
}

// do has a command carried out together with others. It returns when ctx ends, which the
// client itself does not.
func (s *server) do(ctx context.Context, c redis.Cmder) error {
	if err := s.pipe.Do(ctx, c); err != nil {
		return err
	}
	return c.Err()
}

// command makes commands that are not sent yet.
func (s *server) command() redis.Pipeliner { return s.client.Pipeline() }

func (s *server) create(ctx context.Context, after string) error {
	err := s.do(ctx, s.command().XGroupCreateMkStream(ctx, s.stream, s.group, after))
	if redis.HasErrorPrefix(err, "BUSYGROUP") {
		return nil
	}
	return err
}

// once is a command that must not be sent again by itself: entries of an answer that got
// lost are pending, and whoever sends it again has to know that.
type once struct{ redis.Cmder }

func (once) NoRetry() bool { return true }

// bring carries out a command whose answer brings entries and may be large. It has a
// connection of its own meanwhile, so that nobody else waits for the answer.
func (s *server) bring(ctx context.Context, c redis.Cmder) error {
	within, cancel := context.WithoutCancel(ctx), func() {}
	if deadline, ok := ctx.Deadline(); ok {
		within, cancel = context.WithDeadline(within, deadline)
	}
	answered := make(chan error, 1)
	go func() {
		defer cancel()
		answered <- s.patient.Process(within, once{c})
	}()
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read is made of words, because a command made by the client itself ends at a time of
// the client's.
func (s *server) read(ctx context.Context, count int, block time.Duration) ([]*received, error) {
	c := redis.NewXStreamSliceCmd(ctx, "xreadgroup", "group", s.group, s.consumer, "count", count, "block", block.Milliseconds(), "streams", s.stream, ">")
	c.SetFirstKeyPos(9)
	err := s.bring(ctx, c)
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil || len(c.Val()) == 0 {
		return nil, err
	}
	return s.decoder.all(c.Val()[0].Messages, 1), nil
}

func (s *server) pending(ctx context.Context, after string, count int) ([]given, error) {
	start := "-"
	if after != "" {
		start = "(" + after
	}
	c := s.command().XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: s.stream, Group: s.group, Start: start, End: "+", Count: int64(count), Consumer: s.consumer,
	})
	if err := s.do(ctx, c); err != nil {
		return nil, err
	}
	out := make([]given, len(c.Val()))
	for i, p := range c.Val() {
		out[i] = given{p.ID, int(p.RetryCount)}
	}
	return out, nil
}

func (s *server) claim(ctx context.Context, cursor string, idle time.Duration, count int) (claimed, error) {
	c := s.command().XAutoClaimWithDeleted(ctx, &redis.XAutoClaimArgs{
		Stream: s.stream, Group: s.group, Consumer: s.consumer, MinIdle: idle, Start: cursor, Count: int64(count),
	})
	if err := s.bring(ctx, c); err != nil {
		return claimed{}, err
	}
	messages, next, deleted := c.Val()
	entries := s.decoder.all(messages, 0)
	s.countDeliveries(ctx, entries)
	return claimed{entries, len(deleted), next}, nil
}

// countDeliveries asks how often entries were given out. If that fails it is not known.
func (s *server) countDeliveries(ctx context.Context, entries []*received) {
	if len(entries) == 0 {
		return
	}
	commands := make([]redis.Cmder, len(entries))
	for i, e := range entries {
		commands[i] = s.command().XPendingExt(ctx, &redis.XPendingExtArgs{Stream: s.stream, Group: s.group, Start: e.id, End: e.id, Count: 1})
	}
	if s.pipe.Do(ctx, commands...) != nil {
		return
	}
	for i, c := range commands {
		if list := c.(*redis.XPendingExtCmd).Val(); len(list) == 1 {
			entries[i].given = int(list[0].RetryCount)
		}
	}
}

func (s *server) settle(ctx context.Context, ids []string, remove bool) error {
	acknowledge := redis.NewIntCmd(ctx, words(ids, "xack", s.stream, s.group)...)
	commands := []redis.Cmder{acknowledge}
	if remove {
		commands = append(commands, redis.NewIntCmd(ctx, words(ids, "xdel", s.stream)...))
	}
	if err := s.pipe.Do(ctx, commands...); err != nil {
		return err
	}
	errs := make([]error, len(commands))
	for i, c := range commands {
		errs[i] = c.Err()
	}
	return errors.Join(errs...)
}

// words is a command with ids behind its other words.
func words(ids []string, before ...any) []any {
	for _, id := range ids {
		before = append(before, id)
	}
	return before
}

// close breaks off what is still under way.
func (s *server) close() {
	_ = s.client.Close()
	_ = s.patient.Close()
	s.pipe.Close()
}
