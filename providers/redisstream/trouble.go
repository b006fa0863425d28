package redisstream

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/pipeline"
)

// trouble tells an operator that Redis is away or refuses commands: once when that
// lasts, and once when it is over. Single commands that fail are nobody's business.
type trouble struct {
	clock pipeline.Clock
	log   *slog.Logger

	mu     sync.Mutex
	kinds  map[string]bool // of commands that fail
	since  time.Time
	told   bool
	failed int
}

// troubleAfter is how long commands have to fail before it is said.
const troubleAfter = 2 * time.Second

func newTrouble(clock pipeline.Clock, log *slog.Logger) *trouble {
	return &trouble{clock: clock, log: log, kinds: map[string]bool{}}
}

// failure notes that a command failed which was to do something. What will not pass by
// itself is said at once.
func (t *trouble) failure(what string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	if len(t.kinds) == 0 {
		t.since = now
	}
	t.kinds[what] = true
	t.failed++
	refused := refusal(err)
	if t.told || !refused && now.Sub(t.since) < troubleAfter {
		t.log.Debug(what+" failed", "error", err)
		return
	}
	t.told = true
	level := slog.LevelWarn
	if refused {
		level = slog.LevelError
	}
	t.log.Log(context.Background(), level, "Redis is in trouble, trying again: "+what+" failed", "since", t.since, "error", explained(err))
}

// success notes that a command succeeded.
func (t *trouble) success(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.kinds[what] {
		return
	}
	delete(t.kinds, what)
	if len(t.kinds) > 0 {
		return
	}
	if t.told {
		t.log.Info("Redis works again", "failed", t.failed, "after", t.clock.Now().Sub(t.since).Round(time.Millisecond).String())
	}
	t.told, t.failed = false, 0
}

// refusal reports whether an answer will be the same until somebody acts.
func refusal(err error) bool {
	for _, prefix := range [...]string{"WRONGTYPE", "NOAUTH", "WRONGPASS", "unknown command"} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return noPermission(err)
}

// noPermission reports whether the user lacks a right, to a command or within a script.
func noPermission(err error) bool {
	for _, prefix := range [...]string{"NOPERM", "The user executing the script can't", "ACL failure in script"} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}

// explained adds to a refusal what can be done about it.
func explained(err error) error {
	switch {
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return fmt.Errorf("%w (the key holds something else: choose another name for the stream, or another database)", err)
	case redis.HasErrorPrefix(err, "NOAUTH"), redis.HasErrorPrefix(err, "WRONGPASS"), noPermission(err):
		return fmt.Errorf("%w (check the user, the password and the rights it has on the stream and to commands: the manual names those that are needed)", err)
	case redis.HasErrorPrefix(err, "OOM"):
		return fmt.Errorf("%w (the server is at its maxmemory: have entries of the stream deleted or trimmed, or give it more)", err)
	case redis.HasErrorPrefix(err, "unknown command"):
		return fmt.Errorf("%w (Redis 7.0 or newer is needed)", err)
	}
	return err
}

// noGroup reports whether the group or its stream is gone.
func noGroup(err error) bool { return redis.HasErrorPrefix(err, "NOGROUP") }
