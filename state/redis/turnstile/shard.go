package turnstile

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// shard is the part of a turnstile whose keys live together. What its lock guards
// changes in one step, by whoever has an answer of Redis, or an event that comes or goes.
type shard struct {
	t      *Turnstile
	number int
	tag    string

	joining sync.Mutex // held while the shard is joined, so that one does it for all

	mu     sync.Mutex
	gen    string    // the generation that we know, "" before the first beat
	valid  time.Time // until then others believe in our session
	doubt  time.Time // when others were found to believe in it no longer, or Redis to have begun anew
	lines  map[string]*line
	idle   []*line // that have become empty, the oldest first
	suffix int     // of the last event whose id was taken
	closed bool
}

func newShard(t *Turnstile, number int) *shard {
	return &shard{t: t, number: number, tag: fmt.Sprintf("%s:1:q:{%s:%d}", t.o.Prefix, t.o.Space, number), lines: map[string]*line{}}
}

func (s *shard) used() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gen != ""
}

// believed reports whether others take this process to be alive, for long enough to
// deliver something, and have done so since the event got its turn.
func (s *shard) believed(p *place) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.t.o.Clock.Now().Before(s.valid) && p.since.After(s.doubt)
}

// doubts reports whether others may have got the event since it entered.
func (s *shard) doubts(p *place) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !p.entered.After(s.doubt)
}

// generation returns the one that is known, and joins the shard before it is first used.
func (s *shard) generation(ctx context.Context) (string, error) {
	s.mu.Lock()
	gen := s.gen
	s.mu.Unlock()
	if gen != "" {
		return gen, nil
	}
	s.joining.Lock()
	defer s.joining.Unlock()
	s.mu.Lock()
	gen = s.gen
	s.mu.Unlock()
	if gen != "" {
		return gen, nil
	}
	err := s.beatOnce(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gen, err
}

// beat gives a sign of life, and notices that Redis has lost its memory, or that this
// process was taken for dead.
func (s *shard) beat(ctx context.Context) error {
	s.joining.Lock()
	defer s.joining.Unlock()
	return s.beatOnce(ctx)
}

// beatUnlessBusy is beat, unless one is under way.
func (s *shard) beatUnlessBusy() error {
	if !s.joining.TryLock() {
		return nil
	}
	defer s.joining.Unlock()
	return s.beatOnce(context.Background())
}

func (s *shard) beatOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.t.o.SessionTTL/beats)
	defer cancel()
	s.mu.Lock()
	known, closed := s.gen, s.closed
	s.mu.Unlock()
	if closed {
		return errClosed
	}
	ttl, sent := s.t.o.SessionTTL, s.t.o.Clock.Now()
	answer, err := beatScript.Run(ctx, s.t.o.Pipe, []string{s.tag + ":g", s.tag + ":s"}, known, s.t.session, ttl.Milliseconds(), "", newName())
	if err != nil {
		return fmt.Errorf("turnstile: %w", err)
	}
	a, ok := answer.([]any)
	if !ok || len(a) != 2 {
		return fmt.Errorf("turnstile: beat was answered with %v", answer)
	}
	s.mu.Lock()
	// An earlier sign of life may have come too late, and the answer that said so been lost.
	late := s.t.o.Clock.Now().After(s.valid)
	s.gen, s.valid = fmt.Sprint(a[0]), sent.Add(ttl-ttl/10)
	lost := known != "" && (known != s.gen || a[1] != int64(1) || late)
	anew := known != "" && known != s.gen
	if lost {
		s.doubt = s.t.o.Clock.Now()
	}
	s.mu.Unlock()
	if lost {
		go s.rebuild(anew)
	}
	return nil
}

var errClosed = errors.New("turnstile: closed")

// newName returns one for a session or a generation, of twelve bytes.
func newName() string {
	var random [9]byte
	_, _ = rand.Read(random[:])
	return base64.RawURLEncoding.EncodeToString(random[:])
}

var endScript = redisapi.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now - tonumber(ARGV[2]) + tonumber(ARGV[3])))
return 'OK'`)

// endSession has others wait no longer than for a handover for what we still had.
func (s *shard) endSession(ctx context.Context) error {
	s.joining.Lock() // a sign of life that is under way must not come after it
	defer s.joining.Unlock()
	_, err := endScript.Run(ctx, s.t.o.Pipe, []string{s.tag + ":s"}, s.t.session, s.t.o.Grace.Milliseconds(), handover.Milliseconds())
	return err
}

func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, l := range s.lines {
		l.stopTimer()
	}
}

// register gives an event a place in the line of its key here.
func (s *shard) register(name string, e pipeline.Entrant) *place {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.line(name)
	p := newPlace(l, e)
	if l.places[p.id] != nil { // another event of this id is here
		s.suffix++
		p.id = p.base + fmt.Sprint(".", s.suffix, s.t.session)
	}
	l.places[p.id] = p
	return p
}

// wake has a line look whether it is our turn. It may know of no event: Redis then
// believes that we have one, and learns that it is not so.
func (s *shard) wake(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.line(name)
	l.misses, l.hinted = 0, true
	l.look()
}

func (s *shard) line(name string) *line {
	l := s.lines[name]
	if l == nil {
		l = &line{shard: s, name: name, places: map[string]*place{}}
		s.lines[name] = l
	}
	return l
}

// maxIdle is how many lines without events each shard remembers: should Redis lose its
// memory, their last released times are put back from here.
const maxIdle = 2000

// rest notes that a line may have become empty; the oldest are forgotten.
func (s *shard) rest(l *line) {
	if len(l.places) > 0 || l.idle {
		return
	}
	l.idle = true
	s.idle = append(s.idle, l)
	for len(s.idle) > maxIdle {
		oldest := s.idle[0]
		s.idle[0], s.idle = nil, s.idle[1:]
		if oldest.idle = false; len(oldest.places) == 0 && oldest.running == nil && !oldest.calling {
			oldest.stopTimer()
			if s.lines[oldest.name] == oldest {
				delete(s.lines, oldest.name)
			}
		}
	}
}
