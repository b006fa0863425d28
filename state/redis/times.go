package redis

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/pipeline"
)

const (
	// keep is for how long a key is remembered after its last event.
	keep = 10 * 24 * time.Hour
	// saveWithin is how long a time waits for a commit to travel with.
	saveWithin = time.Second
)

// times is a key for each key of events: the session that saved its time, and the time
// in nanoseconds since 1970.
type times struct {
	store  *store
	prefix string
}

func (t *times) key(key string) string {
	id := pipeline.DigestOf(key)
	return t.prefix + base64.RawURLEncoding.EncodeToString(id[:])
}

// Last returns the last released time of a key, also one that is still on its way to
// Redis, and whether another session saved it.
func (t *times) Last(ctx context.Context, key string) (at time.Time, earlier bool, err error) {
	name := t.key(key)
	if at, ok := t.store.saves.waiting(name); ok {
		return at, false, nil
	}
	pipeline.Yield(ctx)
	get := redis.NewStringCmd(ctx, "get", name)
	if err := t.store.do(ctx, get); err != nil {
		return time.Time{}, false, t.store.wrap("read a last released time", err)
	}
	by, nanos, ok := strings.Cut(get.Val(), ":")
	if n, err := strconv.ParseInt(nanos, 10, 64); ok && err == nil {
		return time.Unix(0, n).UTC(), by != *t.store.session.name.Load(), nil
	}
	return time.Time{}, false, nil
}

// Save has the time written with the next commit, or within a second if there is none.
// A crash before that loses it.
func (t *times) Save(key string, at time.Time) { t.store.saves.add(t.key(key), at) }

// saves are times that wait to be written. A key has one write under way at most: two
// on different connections could arrive in the wrong order.
type saves struct {
	store *store

	mu     sync.Mutex
	wrote  sync.Cond
	times  map[string]time.Time
	moving map[string]time.Time // are being written
	timer  pipeline.Timer
	closed bool
}

func (s *saves) init(store *store) {
	s.store, s.times, s.moving = store, map[string]time.Time{}, map[string]time.Time{}
	s.wrote.L = &s.mu
}

func (s *saves) add(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.times[name] = at; s.timer == nil {
		s.timer = s.store.clock.AfterFunc(saveWithin, s.flush)
	}
}

func (s *saves) waiting(name string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.times[name]; ok {
		return at, true
	}
	at, ok := s.moving[name]
	return at, ok
}

func (s *saves) flush() {
	s.mu.Lock()
	s.timer = nil
	s.mu.Unlock()
	if err := s.store.commit(context.Background()); err != nil {
		s.store.log.Debug("last released times not saved yet", "error", err)
	}
}

// take returns the commands that write what waits, once none of it is under way.
func (s *saves) take(ctx context.Context) (names []string, commands []redis.Cmder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.overlaps() {
		s.wrote.Wait()
	}
	names, commands = s.move(ctx)
	return names, commands
}

// takeNow is take that does not wait: false means that it would have to.
func (s *saves) takeNow(ctx context.Context) (names []string, commands []redis.Cmder, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.overlaps() {
		return nil, nil, false
	}
	names, commands = s.move(ctx)
	return names, commands, true
}

func (s *saves) move(ctx context.Context) (names []string, commands []redis.Cmder) {
	if len(s.times) == 0 {
		return nil, nil
	}
	by := *s.store.session.name.Load() + ":"
	for name, at := range s.times {
		s.moving[name] = at
		names = append(names, name)
		commands = append(commands, redis.NewStatusCmd(ctx, "set", name, by+strconv.FormatInt(at.UnixNano(), 10), "px", keep.Milliseconds()))
	}
	clear(s.times)
	return names, commands
}

func (s *saves) overlaps() bool {
	for name := range s.times {
		if _, under := s.moving[name]; under {
			return true
		}
	}
	return false
}

// done forgets what was written, and has what was not wait again, unless there is a
// newer time.
func (s *saves) done(names []string, commands []redis.Cmder, sent error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.wrote.Broadcast()
	for i, name := range names {
		at := s.moving[name]
		delete(s.moving, name)
		if _, newer := s.times[name]; newer || sent == nil && commands[i].Err() == nil {
			continue
		}
		if s.times[name] = at; s.timer == nil && !s.closed {
			s.timer = s.store.clock.AfterFunc(saveWithin, s.flush)
		}
	}
}

// close writes what still waits.
func (s *saves) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	return s.store.commit(ctx)
}

// commit has what waits written before commands, on the same way.
func (s *store) commit(ctx context.Context, commands ...redis.Cmder) error {
	names, all := s.saves.take(ctx)
	all = append(all, commands...)
	if len(all) == 0 {
		return nil
	}
	err := s.pipe.Do(ctx, all...)
	s.saves.done(names, all, err)
	if err != nil {
		return err // the commands may still be on their way
	}
	for _, c := range all[len(names):] {
		if cerr := c.Err(); err == nil && !errors.Is(cerr, redis.Nil) {
			err = cerr
		}
	}
	return err
}
