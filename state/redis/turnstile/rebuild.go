package turnstile

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// rebuild puts everything that this process knows back into Redis: after it has lost
// its memory (anew), or after this process was taken for dead, so that others may have
// gone on without its events.
func (s *shard) rebuild(anew bool) {
	ctx, cancel := context.WithTimeout(context.Background(), s.t.o.SessionTTL)
	defer cancel()
	lines := s.everyLine()
	if anew {
		s.t.o.Log.Warn("Redis has lost its memory: events are put in line again; those that leave meanwhile are marked leat.unordered", "shard", s.number)
	}
	if anew {
		var all sync.WaitGroup
		next := make(chan *line)
		for range restorers {
			all.Go(func() {
				for l := range next {
					for l.restore(ctx) != nil && pipeline.Sleep(ctx, s.t.o.Clock, afterError, nil) {
					}
				}
			})
		}
		for _, l := range lines {
			next <- l
		}
		close(next)
		all.Wait()
	}
	for _, l := range lines {
		if anew {
			go l.keepTurn()
		}
		if l.isWaiting() {
			go l.enterAgain()
		}
	}
}

// restorers is how many lines of a shard are put back at the same time.
const restorers = 50

func (l *line) isWaiting() bool {
	l.shard.mu.Lock()
	defer l.shard.mu.Unlock()
	return l.waiting() > 0
}

func (s *shard) everyLine() (all []*line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		all = append(all, l)
	}
	return all
}

// restore puts back what the line knows of its key.
func (l *line) restore(ctx context.Context) error {
	s := l.shard
	s.mu.Lock()
	gen, last, order := s.gen, l.last, l.order
	s.mu.Unlock()
	if last == 0 && order == 0 {
		return nil
	}
	keys := []string{s.tag + ":g", s.tag + ":" + l.name + ":k"}
	answer, err := restoreScript.Run(ctx, s.t.o.Pipe, keys, gen, strconv.FormatInt(last, 10), strconv.FormatInt(order, 10), keep.Milliseconds())
	if err == nil && answer == "GEN" {
		err = errors.New("turnstile: it was lost again")
	}
	return err
}

// enterAgain has every waiting event of the line stand in line in Redis again. What
// stands there already is left as it is.
func (l *line) enterAgain() {
	s := l.shard
	s.mu.Lock()
	var waiting []*place
	for _, p := range l.places {
		if p != l.running && !p.left {
			waiting = append(waiting, p)
		}
	}
	s.mu.Unlock()
	for _, p := range waiting {
		if left, _ := p.hasLeft(); !left && p.enter(context.Background()) != nil {
			s.mu.Lock()
			p.tryLater()
			s.mu.Unlock()
		}
	}
}

// keepTurn puts the event that is under way here back, so that no other of its key goes
// meanwhile.
func (l *line) keepTurn() {
	s := l.shard
	s.mu.Lock()
	p := l.running
	s.mu.Unlock()
	if p == nil {
		return
	}
	if _, err := l.callEnter(context.Background(), p, 0, true); err == nil {
		p.takeOut()
	}
}

// takeOut undoes an enter that came after the event had left: it would stand in line
// for nobody.
func (p *place) takeOut() {
	if left, again := p.hasLeft(); left && !again {
		p.line.close(p.id, p.became, p.line.shard.t.o.whileAway())
	}
}

// hasLeft also reports whether an event of the same name has come here since.
func (p *place) hasLeft() (left, again bool) {
	s := p.line.shard
	s.mu.Lock()
	defer s.mu.Unlock()
	here := p.line.places[p.id]
	return p.left, here != nil && here != p
}
