package redis

import (
	"context"
	"log/slog"
	"sync"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/state/redis/turnstile"
)

// store is what the stages of a pipeline share.
type store struct {
	config Config
	clock  pipeline.Clock
	log    *slog.Logger
	client redisapi.Client
	pipe   *redisapi.Pipe
	lost   *pipeline.Counter

	session *session
	saves   saves
	owed    owed

	mu     sync.Mutex
	closed bool
}

func newStore(c Config, clock pipeline.Clock, log *slog.Logger) (*store, error) {
	client, err := redisapi.Open(c.Settings)
	if err != nil {
		return nil, err
	}
	s := &store{config: c, clock: clock, log: log, client: client, pipe: redisapi.NewPipe(client), lost: new(pipeline.Counter)}
	s.session = newSession(s)
	s.saves.init(s)
	return s, nil
}

// open looks whether the server will do and begins the session.
func (s *store) open(ctx context.Context) error {
	if err := s.inspect(ctx); err != nil {
		return err
	}
	return s.session.begin(ctx)
}

// close writes what waits, ends the session, so that others need not wait for it,
// and closes the connections.
func (s *store) close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := s.saves.close(ctx)
	s.session.end(ctx)
	s.pipe.CloseBy(ctx)
	if cerr := s.client.Close(); err == nil {
		err = cerr
	}
	return s.wrap("close", err)
}

// Claims returns the dedupe memory of one stage.
func (s *store) Claims(space string) pipeline.Claims {
	return &claims{store: s, prefix: s.key("c:" + space + ":")}
}

// Times returns the last released times of one stage's keys.
func (s *store) Times(space string) pipeline.Times {
	return &times{store: s, prefix: s.key("t:" + space + ":")}
}

// Turnstile implements [pipeline.Turnstiles].
func (s *store) Turnstile(space string, o pipeline.TurnstileOptions) pipeline.Turnstile {
	return turnstile.New(turnstile.Options{
		TurnstileOptions: o, Client: s.client, Pipe: s.pipe, Prefix: s.config.Prefix, Space: space,
		SessionTTL: s.config.SessionTTL, Clock: s.clock, Log: s.log,
	})
}

// key returns the name of a key. The number is the format of what is stored; no
// braces stand in it, for they would put a whole flow on one slot of a cluster.
func (s *store) key(rest string) string { return s.config.Prefix + ":1:" + rest }
