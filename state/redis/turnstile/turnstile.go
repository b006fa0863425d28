// Package turnstile keeps the events of a key in order across replicas.
//
// An event stays with the replica that received it, with its acknowledgement. In Redis
// stands only its place: for each key, which events wait, when they are due and who has
// them. The event at the head of a key goes when it, or a later one, is due; its replica
// says when it is settled, and then the next one goes. Entries belong to sessions, as
// claims do; the entry of a session that is over keeps its key waiting until its event
// was received again elsewhere, or for a while at most.
//
// Keys are spread over shards, whose keys share a slot of a cluster, so that a script
// sees an event and the sessions in one step. A shard has a generation: when Redis has
// lost its memory the scripts refuse to work with it until every replica has put its
// events in line again.
package turnstile

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// shards is part of what is stored: it must never change under the same prefix.
const shards = 64

// Options are what a turnstile needs beside those of its stage.
type Options struct {
	pipeline.TurnstileOptions
	Client     redisapi.Client
	Pipe       *redisapi.Pipe
	Prefix     string // of the names of all keys
	Space      string // of the stage
	SessionTTL time.Duration
	Clock      pipeline.Clock
	Log        *slog.Logger
}

// Turnstile is that of one stage in this process.
type Turnstile struct {
	o       Options
	session string
	shards  [shards]*shard
	hints   *redis.PubSub

	mu     sync.Mutex
	timer  pipeline.Timer // of the next beat
	closed bool
	work   sync.WaitGroup
}

// New returns a turnstile; see [pipeline.Turnstile].
func New(o Options) *Turnstile {
	t := &Turnstile{o: o, session: newName()}
	for i := range t.shards {
		t.shards[i] = newShard(t, i)
	}
	return t
}

const (
	// keep is for how long a key is remembered after its last event.
	keep = 10 * 24 * time.Hour
	// beats is how many signs of life a session gives before nobody believes in it.
	beats = 3
	// handover is how long others wait for an event that was given back: its source
	// gives it to one of them at once.
	handover = 5 * time.Second
)

// barrier is for how long nothing goes when a shard begins anew: so long it can take
// until every replica has noticed, and has put its events in line again.
func (o Options) barrier() time.Duration { return o.SessionTTL/beats + o.SessionTTL/6 }

// whileAway is for how long others wait for an event that goes back to its source for
// another reason than that this process stops. It does not die, so that Grace may be 0.
func (o Options) whileAway() time.Duration { return max(o.Grace, handover) }

func (t *Turnstile) channel(session string) string { return t.o.Prefix + ":1:w:" + session }

// Open implements [pipeline.Turnstile].
func (t *Turnstile) Open(ctx context.Context) error {
	if err := t.o.Client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("reorder: %w", err)
	}
	t.hints = t.o.Client.Subscribe(ctx, t.channel(t.session))
	t.work.Go(t.listen)
	t.beatLater()
	return nil
}

// listen wakes lines that others say it is our turn in. What it misses is found by
// looking again after a while.
func (t *Turnstile) listen() {
	for m := range t.hints.Channel() {
		var number int
		var name string
		if n, _ := fmt.Sscanf(m.Payload, "%d:%s", &number, &name); n == 2 && number >= 0 && number < shards {
			t.shards[number].wake(name)
		}
	}
}

// Close implements [pipeline.Turnstile].
func (t *Turnstile) Close() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	if t.timer != nil {
		t.timer.Stop()
	}
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), t.o.SessionTTL)
	defer cancel()
	var err error
	if t.hints != nil {
		err = t.hints.Close()
	}
	for _, s := range t.shards {
		s.close()
	}
	t.work.Wait()
	return errors.Join(err, t.eachShard(func(s *shard) error { return s.endSession(ctx) }))
}

// eachShard calls f for all shards that were used, at the same time.
func (t *Turnstile) eachShard(f func(*shard) error) error {
	var all sync.WaitGroup
	var errs [shards]error
	for i, s := range t.shards {
		if s.used() {
			all.Go(func() { errs[i] = f(s) })
		}
	}
	all.Wait()
	return errors.Join(errs[:]...)
}

// beatLater gives the next sign of life in time.
func (t *Turnstile) beatLater() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.timer = t.o.Clock.AfterFunc(t.o.SessionTTL/beats, func() {
			t.beatLater() // one shard that is slow holds up no other
			_ = t.eachShard(func(s *shard) error { return s.beatUnlessBusy() })
		})
	}
}

// Enter implements [pipeline.Turnstile].
func (t *Turnstile) Enter(ctx context.Context, e pipeline.Entrant) (pipeline.Place, error) {
	id := pipeline.DigestOf(e.Key)
	s := t.shards[int(id[15])%shards]
	p := s.register(base64.RawURLEncoding.EncodeToString(id[:]), e)
	if err := p.enter(ctx); err != nil {
		p.forget()
		return nil, err
	}
	return p, nil
}
