package redisstream

import (
	"context"
	"errors"
	"net"
	"time"
)

// pace is how much to ask for at a time, and how long to wait for it. How large entries
// are, and how fast they come, is known only afterwards; an answer that takes too long is
// lost, and its entries have to be asked for again.
type pace struct {
	entries int           // to ask for; 0: firstCount
	wait    time.Duration // for an answer; 0: callGrace
	size    int           // how large the largest entry was of late
}

const (
	// firstCount is what to begin with, and readCount and readBytes are what an answer is
	// bounded by.
	firstCount = 10
	readCount  = 500
	readBytes  = 8 << 20
	// callGrace is how long an answer may take beyond what it was to wait for, and
	// longestPatience how long that of a single entry may.
	callGrace       = 3 * time.Second
	longestPatience = time.Minute
)

// count is how many entries to ask for.
func (p *pace) count() int { return min(p.wanted(), max(1, readBytes/max(1, p.size))) }

func (p *pace) wanted() int {
	if p.entries == 0 {
		return firstCount
	}
	return p.entries
}

func (p *pace) patience() time.Duration { return max(p.wait, callGrace) }

// came learns from an answer. One that brought all that was asked for in a fraction of its
// time has the next one be larger.
func (p *pace) came(list []*received, asked int, took time.Duration) {
	p.measure(list)
	if len(list) == 0 || took > p.patience()/4 {
		return
	}
	p.wait = p.patience() / 2
	if len(list) >= asked && asked >= p.count() {
		p.entries = min(2*p.wanted(), readCount)
	}
}

// failed learns from an answer that did not come. A single entry cannot be divided, and is
// given more time, up to a limit.
func (p *pace) failed(err error, most time.Duration) {
	if p.count() == 1 && late(err) {
		p.wait = min(2*p.patience(), most, longestPatience)
	}
	p.entries = max(1, p.count()/2)
}

func late(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// measure lets a large entry fade with the answers behind it.
func (p *pace) measure(list []*received) {
	if len(list) == 0 {
		return
	}
	p.size -= p.size / 4
	for _, e := range list {
		p.size = max(p.size, e.size())
	}
}
