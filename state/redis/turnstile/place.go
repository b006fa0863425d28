package turnstile

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// place is that of an event in line. The lock of its shard guards granted and left.
type place struct {
	line    *line
	entrant pipeline.Entrant
	base    string // what the event's id is known by
	id      string // the same, or more where two events have one id
	order   string // by what events of the same time are ordered
	at      string // its time in µs since 1970, "" without one
	entered time.Time
	turn    chan pipeline.Turn

	gen     string // the generation in which it came
	granted bool
	since   time.Time // when it was granted
	counts  bool      // its time makes earlier ones late
	left    bool      // or is about to leave
	became  pipeline.TurnOutcome
	trying  bool // it tries again to get in line
}

func newPlace(l *line, e pipeline.Entrant) *place {
	digest := e.Digest()
	p := &place{line: l, entrant: e, base: string(digest[:]), order: orderOf(e.Event), entered: l.shard.t.o.Clock.Now(), turn: make(chan pipeline.Turn, 1)}
	p.id = p.base
	if !e.Time.IsZero() {
		p.at = strconv.FormatInt(e.Time.UnixMicro(), 10)
	}
	return p
}

// orderOf is text that sorts as events were received: by the clock of whoever received
// them, which is all that replicas have in common, then by their place in the source.
func orderOf(e *pipeline.Event) string {
	var b [30]byte
	binary.BigEndian.PutUint64(b[0:], uint64(max(0, e.Received.UnixMilli()))<<16)
	binary.BigEndian.PutUint64(b[6:], e.Seq.Message)
	binary.BigEndian.PutUint64(b[14:], e.Seq.Child)
	return string(b[:22])
}

// enter has the event stand in line in Redis too. While another process has an event of
// the same id and lives, this one waits for that, and tries again.
func (p *place) enter(ctx context.Context) error {
	s := p.line.shard
	due := max(0, s.t.o.Window-s.t.o.Clock.Now().Sub(p.entered))
	r, err := p.line.callEnter(ctx, p, due, false)
	if err != nil {
		return err
	}
	defer p.takeOut()
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.gen == "" {
		p.gen = s.gen
	}
	switch {
	case p.left || p.granted:
	case r.verb == "BUSY":
		p.tryLater()
	case p.line.running == nil:
		p.line.wait(r)
	}
	return nil
}

// whileBusy is after what time an event is tried again whose copy another process has.
const whileBusy = 500 * time.Millisecond

// tryLater has the event get in line again after a while. It needs the lock of the shard.
func (p *place) tryLater() {
	if s := p.line.shard; !p.trying && !p.left && !s.closed {
		p.trying = true
		s.t.o.Clock.AfterFunc(whileBusy, p.enterLater)
	}
}

func (p *place) enterLater() {
	s := p.line.shard
	s.mu.Lock()
	p.trying = false
	over := p.left || p.granted || s.closed
	s.mu.Unlock()
	if !over && p.enter(context.Background()) != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.tryLater()
	}
}

// sinceGeneration is the one in which the event got in line first, "" before that.
func (p *place) sinceGeneration() string {
	s := p.line.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.gen
}

// forget takes the event out here. What Redis knows of it is given back when it says
// that it is its turn.
func (p *place) forget() {
	s := p.line.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	p.left, p.became = true, pipeline.TurnBack
	delete(p.line.places, p.id)
	if p.line.running == p {
		p.line.running = nil
		p.line.look()
	}
	s.rest(p.line)
}

// Await implements [pipeline.Place].
func (p *place) Await(ctx context.Context, giveBack <-chan struct{}) (pipeline.Turn, error) {
	for {
		select {
		case turn := <-p.turn:
			if p.line.shard.believed(p) || p.stillOurs(ctx) {
				turn.Doubtful = p.line.shard.doubts(p)
				return turn, nil
			}
		case <-giveBack:
			p.leave(handover)
			return pipeline.Turn{}, pipeline.ErrReturned
		case <-ctx.Done():
			p.leave(p.line.shard.t.o.whileAway())
			return pipeline.Turn{}, ctx.Err()
		}
	}
}

// stillOurs is asked when others may have taken this process for dead since the turn was
// given to it. If so the event gets in line anew.
func (p *place) stillOurs(ctx context.Context) bool {
	s := p.line.shard
	s.mu.Lock()
	p.granted, p.line.running = false, nil
	s.mu.Unlock()
	pause := afterError
	for p.enter(ctx) != nil && pipeline.Sleep(ctx, s.t.o.Clock, pause, pipeline.Stopping(ctx)) {
		pause = min(2*pause, longestLook)
	}
	_ = s.beat(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.line.look()
	return false
}

// leave gives the event back: others wait for it a while, as its source gives it to one
// of them.
func (p *place) leave(wait time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), p.line.shard.t.o.SessionTTL/beats)
	defer cancel()
	p.forget()
	p.line.closed(p.id, pipeline.TurnBack, wait)(p.line.callDone(ctx, p.id, pipeline.TurnBack, "", wait))
}

// Done implements [pipeline.Place].
func (p *place) Done(ctx context.Context, o pipeline.TurnOutcome) {
	s, stop := p.line.shard, pipeline.Stopping(ctx)
	s.mu.Lock()
	p.left, p.became = true, o // nobody puts it in line again from now on
	s.mu.Unlock()
	at := ""
	if p.counts {
		at = p.at
	}
	pause := afterError
	wait := s.t.o.whileAway()
	r, err := p.line.callDone(ctx, p.id, o, at, wait)
	for err != nil && pipeline.Sleep(context.WithoutCancel(ctx), s.t.o.Clock, pause, stop) {
		pause = min(2*pause, longestLook)
		r, err = p.line.callDone(context.WithoutCancel(ctx), p.id, o, at, wait)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(p.line.places, p.id)
	p.line.running = nil
	if us, _ := strconv.ParseInt(at, 10, 64); o == pipeline.TurnSettled || o == pipeline.TurnDead {
		p.line.last = max(p.line.last, us)
	}
	p.line.apply(r, err)
}
