package sqs

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/awsapi"
	"github.com/leat-io/leat/internal/backoff"
	"github.com/leat-io/leat/pipeline"
)

// pollers ask for messages: one for a quiet queue, more as long as there is a
// backlog and the flow takes more than they bring.
type pollers struct {
	s       *subscription
	trouble *trouble

	mu      sync.Mutex
	running int
	want    int
}

func (p *pollers) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want = 1
	p.more()
}

// more starts the pollers that are wanted; it needs the lock.
func (p *pollers) more() {
	for p.running < p.want {
		p.running++
		p.s.senders.Add(1)
		go p.poll()
	}
}

// stay reports whether a poller goes on.
func (p *pollers) stay() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running > p.want {
		p.running--
		return false
	}
	return true
}

func (p *pollers) poll() {
	defer p.s.senders.Done()
	wait := newWait(0)
	for p.stay() && p.s.awaitRoom() {
		d := p.round(&wait)
		if d > 0 && !pipeline.Sleep(p.s.polls, p.s.clock, d, p.s.halted) {
			return
		}
	}
}

// emptyPause is how long to wait after an empty answer that came at once.
const emptyPause = time.Second

// round asks once and gives out what came. It returns how long to wait before
// asking again.
func (p *pollers) round(wait *backoff.Wait) time.Duration {
	began := p.s.clock.Now()
	messages, err := p.s.receive()
	asked := p.s.clock.Now()
	p.s.take(messages, asked)
	if err != nil {
		return p.failed(err, wait)
	}
	p.trouble.success()
	wait.Reset()
	p.resize(len(messages), asked.Sub(began), p.s.clock.Now().Sub(asked))
	if len(messages) == 0 && asked.Sub(began) < emptyPause {
		return emptyPause
	}
	return 0
}

// resize compares what a request brought with what it cost: a full answer that
// the flow took faster than it came calls for another poller; an answer that was
// not even half full, or that waited for the flow, says that there are enough.
func (p *pollers) resize(n int, asking, giving time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case n == maxBatch && giving <= asking:
		p.want = min(p.want+1, p.s.config.MaxPollers)
		p.more()
	case n < maxBatch/2 || giving > 4*asking:
		p.want = max(1, p.want-1)
	}
}

func (p *pollers) failed(err error, wait *backoff.Wait) time.Duration {
	d := waitAfter(wait, err)
	if p.s.polls.Err() != nil {
		return d
	}
	p.s.count(err)
	p.trouble.failure(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want = max(1, p.want/2)
	return d
}

// count counts a failed request.
func (s *subscription) count(err error) {
	s.counts.failed.Inc()
	if awsapi.Throttled(err) {
		s.counts.throttle.Inc()
	}
}

// receive makes one request for messages.
func (s *subscription) receive() ([]*received, error) {
	ctx, cancel := context.WithTimeout(s.polls, s.config.Wait+callTimeout)
	defer cancel()
	return s.queue.receive(ctx, receiveCall{wait: s.config.Wait, visibility: s.queue.ask})
}

// take brings messages into the table and gives out those that are new.
func (s *subscription) take(messages []*received, now time.Time) {
	if len(messages) == 0 {
		return
	}
	s.counts.received.Add(len(messages))
	s.behind.note(messages, now)
	fresh, again := s.table.add(messages, now, s.queue.visibility)
	s.counts.again.Add(again)
	s.deliver(fresh)
}

// awaitRoom waits while as many messages are in flight as may be, or the flow is
// paused, and returns false on a stop.
func (s *subscription) awaitRoom() bool {
	select {
	case <-s.halted:
		return false
	default:
	}
	for {
		room := s.table.room()
		if s.paused.IsShut() {
			room = s.paused.WhenOpen()
		}
		if room == nil {
			return true
		}
		select {
		case <-room:
		case <-s.halted:
			return false
		}
	}
}
