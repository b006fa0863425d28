package sqstest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/leat-io/leat/pipeline"
)

// sender delivers to HTTP endpoints, each message on its own, as SNS does.
type sender struct {
	options HTTPDelivery
	clock   Clock
	running sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc
	slots   chan struct{} // one for each request under way

	mu     sync.Mutex
	closed bool
	counts DeliveryCounts
}

// DeliveryCounts count what SNS has delivered to endpoints and queues.
type DeliveryCounts struct {
	// Delivered messages were taken by a queue, or answered with a 2xx.
	Delivered int
	// Refused messages were answered with a 3xx or 4xx, which for SNS is an
	// answer as good as any: they do not come again.
	Refused int
	// Lost messages were offered as often as the options say, or had no queue.
	Lost int
	// Attempts are requests to endpoints.
	Attempts int
	// Waiting messages are under way to endpoints.
	Waiting int
}

// Deliveries returns what SNS has delivered so far.
func (s *Server) Deliveries() DeliveryCounts {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	return s.sender.counts
}

// maxPosts is how many requests can be under way at once.
const maxPosts = 256

func newSender(o Options) *sender {
	s := &sender{options: o.Delivery, clock: o.Clock, slots: make(chan struct{}, maxPosts)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

func (s *sender) count(f func(*DeliveryCounts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.counts)
}

// close gives up what is under way.
func (s *sender) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
	if t, ok := s.options.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// posting is a message on its way to an endpoint.
type posting struct {
	url    string
	body   []byte
	header http.Header
	until  func() bool // a confirmation goes on until that is true
}

// post starts to deliver and returns at once.
func (s *sender) post(p *posting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.counts.Waiting++
	s.running.Go(func() {
		s.offer(p)
		s.count(func(n *DeliveryCounts) { n.Waiting-- })
	})
}

// offer tries until somebody has the message or patience ends.
func (s *sender) offer(p *posting) {
	for attempt := 1; ; attempt++ {
		status := s.try(p)
		if s.ctx.Err() != nil {
			return
		}
		if count := s.judge(p, status, attempt); count != nil {
			s.count(count)
			return
		}
		if !pipeline.Sleep(s.ctx, s.clock, s.options.Gap, nil) {
			return
		}
		if p.until != nil && p.until() { // confirmed meanwhile
			s.count(delivered)
			return
		}
	}
}

// judge says as what to count a message after an attempt, nil if it is to be
// offered again.
func (s *sender) judge(p *posting, status, attempt int) func(*DeliveryCounts) {
	switch {
	case p.until != nil:
		if p.until() {
			return delivered
		}
		return nil
	case status >= 200 && status < 300:
		return delivered
	case status >= 300 && status < 500:
		return func(n *DeliveryCounts) { n.Refused++ }
	case attempt >= s.options.Attempts:
		return lost
	}
	return nil
}

func delivered(n *DeliveryCounts) { n.Delivered++ }
func lost(n *DeliveryCounts)      { n.Lost++ }

// try makes one request and returns the status of its answer, 0 if there is none
// in time.
func (s *sender) try(p *posting) int {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.ctx.Done():
		return 0
	}
	s.count(func(n *DeliveryCounts) { n.Attempts++ })
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	defer s.clock.AfterFunc(s.options.Timeout, cancel).Stop()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return 0
	}
	q.Header = p.header.Clone()
	answer, err := s.options.Transport.RoundTrip(q)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	return answer.StatusCode
}
