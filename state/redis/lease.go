package redis

import (
	"context"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// lease is a hash: holder, the session that has it, "" for nobody; until, when it ends
// unless it is renewed, in ms of the server's clock; free, 1 when it was given back; and
// clean, 1 when its holder got it from one who gave it back.
//
// A lease that Redis knows nothing of may have been forgotten by it: nobody gets it
// before whoever may have it has had time to say so.
type lease struct {
	store  *store
	key    string
	holder string

	mu    sync.Mutex
	valid time.Time // until then nobody else can have it
	timer pipeline.Timer
	ended bool
	lost  chan struct{}
}

// Lease implements [pipeline.Leases].
func (s *store) Lease(name string) pipeline.Lease {
	return &lease{store: s, key: s.key("l:" + name), holder: randomName(), lost: make(chan struct{})}
}

const serverTime = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`

// acquireLease answers whether it is ours now, and whether who had it before gave it
// back. Carried out twice it answers the second time that we have it.
var acquireLease = redisapi.NewScript(serverTime + `
local is = redis.call('HMGET', KEYS[1], 'holder', 'until', 'clean', 'free')
local till = string.format('%d', now + tonumber(ARGV[2]))
if not is[1] then
  redis.call('HSET', KEYS[1], 'holder', '', 'until', till, 'clean', 0, 'free', 0)
  return {0, 0}
end
local clean = is[4] == '1' and 1 or 0
if is[1] == ARGV[1] then
  clean = tonumber(is[3])
elseif clean == 0 and tonumber(is[2]) >= now then
  return {0, 0}
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', till, 'clean', clean, 'free', 0)
return {1, clean}`)

// renewLease answers whether it still is ours.
var renewLease = redisapi.NewScript(serverTime + `
local is = redis.call('HMGET', KEYS[1], 'holder', 'free')
local forgotten = not is[1] or is[1] == '' and is[2] == '0'
if is[1] ~= ARGV[1] and not forgotten then return 0 end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%d', now + tonumber(ARGV[2])), 'clean', 0, 'free', 0)
return 1`)

var releaseLease = redisapi.NewScript(`
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then redis.call('HSET', KEYS[1], 'holder', '', 'free', 1) end
return 1`)

// Acquire implements [pipeline.Lease].
func (l *lease) Acquire(ctx context.Context) (clean bool, err error) {
	ttl := l.store.config.SessionTTL
	for {
		sent := l.store.clock.Now()
		answer, err := acquireLease.Run(ctx, l.store.pipe, []string{l.key}, l.holder, ttl.Milliseconds())
		if err != nil { // a standby outlives that Redis is away
			l.store.log.Warn("cannot ask for the lease; trying again", "error", l.store.wrap("acquire a lease", err))
		}
		if a, ok := answer.([]any); ok && len(a) == 2 && a[0] == int64(1) {
			l.mu.Lock()
			l.valid = sent.Add(ttl - ttl/10)
			l.mu.Unlock()
			l.renewLater()
			return a[1] == int64(1), nil
		}
		if !pipeline.Sleep(ctx, l.store.clock, ttl/renewals, nil) {
			return false, ctx.Err()
		}
	}
}

func (l *lease) renewLater() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.timer = l.store.clock.AfterFunc(l.store.config.SessionTTL/renewals, l.renew)
	}
}

func (l *lease) renew() {
	ttl, sent := l.store.config.SessionTTL, l.store.clock.Now()
	ctx, cancel := context.WithTimeout(context.Background(), ttl/renewals)
	defer cancel()
	answer, err := renewLease.Run(ctx, l.store.pipe, []string{l.key}, l.holder, ttl.Milliseconds())
	l.mu.Lock()
	if err == nil && answer == int64(1) {
		l.valid = sent.Add(ttl - ttl/10)
	}
	gone := !l.ended && (err == nil && answer != int64(1) || !l.store.clock.Now().Before(l.valid))
	if gone {
		l.ended = true
		close(l.lost)
	}
	l.mu.Unlock()
	l.renewLater()
}

// Held implements [pipeline.Lease].
func (l *lease) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.ended && l.store.clock.Now().Before(l.valid)
}

// Lost implements [pipeline.Lease].
func (l *lease) Lost() <-chan struct{} { return l.lost }

// Release implements [pipeline.Lease].
func (l *lease) Release() error {
	l.mu.Lock()
	was := l.ended
	l.ended = true
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	if was {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if _, err := releaseLease.Run(ctx, l.store.pipe, []string{l.key}, l.holder); err != nil {
		l.store.log.Warn("the lease could not be given back; it ends by itself", "error", err)
	}
	return nil
}
