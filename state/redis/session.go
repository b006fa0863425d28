package redis

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/pipeline"
)

// session is the life of this process as others see it: a key that expires unless it
// is renewed. A session that has expired never comes back, for others may have acted
// on its end: the process goes on under a new name.
type session struct {
	store *store
	name  atomic.Pointer[string]

	renewing sync.Mutex // held while a sign of life is given

	mu    sync.Mutex
	valid time.Time // until then others believe in the session
	timer pipeline.Timer
	ended bool
	away  bool      // the last renewal failed
	since time.Time // when the first of those that failed did
	seen  map[string]time.Time
}

// renewals is how many signs of life fit into the time after which nobody believes in
// a session any more.
const renewals = 3

func newSession(s *store) *session {
	x := &session{store: s, seen: map[string]time.Time{}}
	name := randomName()
	x.name.Store(&name)
	return x
}

func randomName() string {
	var random [9]byte
	_, _ = rand.Read(random[:])
	return base64.RawURLEncoding.EncodeToString(random[:])
}

func (x *session) key(name string) string { return x.store.key("s:" + name) }

func (x *session) begin(ctx context.Context) error {
	sent := time.Now()
	if err := x.store.client.Set(ctx, x.key(*x.name.Load()), "1", x.store.config.SessionTTL).Err(); err != nil {
		return x.store.wrap("begin a session", err)
	}
	x.lastsFrom(sent)
	x.renewLater()
	return nil
}

// lastsFrom notes when the last sign of life was given.
func (x *session) lastsFrom(sent time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.valid = sent.Add(x.store.config.SessionTTL - x.store.config.SessionTTL/10)
}

// current returns the name of the session. Claims under that of a session that is over
// are worth nothing, so one that may be over gives a sign of life first.
func (x *session) current(ctx context.Context) (string, error) {
	if x.lasts() {
		return *x.name.Load(), nil
	}
	err := x.giveSign(ctx, x.lasts)
	return *x.name.Load(), err
}

func (x *session) lasts() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return time.Now().Before(x.valid) // the server's clock runs on whatever ours is
}

func (x *session) renewLater() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.ended {
		x.timer = x.store.clock.AfterFunc(x.store.config.SessionTTL/renewals, x.renew)
	}
}

func (x *session) renew() {
	defer x.renewLater()
	ctx, cancel := context.WithTimeout(context.Background(), x.store.config.SessionTTL/renewals)
	defer cancel()
	err := x.giveSign(ctx, func() bool { return false })
	if x.note(err); err == nil {
		x.store.owed.pay(ctx)
	}
}

// giveSign gives a sign of life, unless it is not needed any more once others have
// given theirs.
func (x *session) giveSign(ctx context.Context, done func() bool) error {
	x.renewing.Lock()
	defer x.renewing.Unlock()
	if done() {
		return nil
	}
	if x.hasEnded() {
		return errClosed
	}
	sent, name := time.Now(), *x.name.Load()
	alive, err := x.store.client.Expire(ctx, x.key(name), x.store.config.SessionTTL).Result()
	if err == nil && !alive {
		name := randomName() // ours only once it lives
		if err = x.store.client.Set(ctx, x.key(name), "1", x.store.config.SessionTTL).Err(); err == nil {
			x.name.Store(&name)
		}
		x.store.log.Warn("this process was taken for dead, as Redis had no sign of life of it in time, or has lost its memory: events under way may be delivered twice", "session_ttl", x.store.config.SessionTTL)
	}
	if err == nil {
		x.lastsFrom(sent)
	}
	return err
}

// note says once that Redis is away, and once that it is back.
func (x *session) note(err error) {
	x.mu.Lock()
	was := x.away
	x.away = err != nil && !x.ended
	if x.away && !was {
		x.since = x.store.clock.Now()
	}
	is := x.away
	x.mu.Unlock()
	switch {
	case is && !was:
		x.store.log.Warn("Redis does not answer: events are held until it does", "redis", x.store.config.Address(), "error", err)
	case was && !is:
		x.store.log.Info("Redis answers again", "redis", x.store.config.Address())
	}
}

// ailment says that Redis does not answer.
func (x *session) ailment() (string, time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.away {
		return "", time.Time{}
	}
	return "Redis does not answer: events are held until it does", x.since
}

// end gives everything that is still claimed back to others.
func (x *session) end(ctx context.Context) {
	x.mu.Lock()
	x.ended = true
	if x.timer != nil {
		x.timer.Stop()
	}
	x.mu.Unlock()
	x.renewing.Lock() // a sign of life that is under way must not come after it
	defer x.renewing.Unlock()
	_ = x.store.client.Del(ctx, x.key(*x.name.Load())).Err()
}

func (x *session) hasEnded() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ended
}

// believed is for how long a session that lives is not asked for again.
const believed = time.Second

// lives reports whether another session is alive.
func (x *session) lives(ctx context.Context, name string) (bool, error) {
	now := time.Now() // the server's clock runs on whatever ours is
	x.mu.Lock()
	seen, known := x.seen[name]
	x.mu.Unlock()
	if known && now.Sub(seen) < believed {
		return true, nil
	}
	c := redis.NewIntCmd(ctx, "exists", x.key(name))
	if err := x.store.do(ctx, c); err != nil {
		return false, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if c.Val() == 0 {
		delete(x.seen, name)
		return false, nil
	}
	if len(x.seen) > 1000 {
		clear(x.seen)
	}
	x.seen[strings.Clone(name)] = now
	return true, nil
}
