package redisstream

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/redisapi"
)

// mine claims those of the entries for a consumer that are pending with it: without an
// idle time, as when they are given out, else only their age. Whoever looks first and
// claims then could take an entry back that another consumer has taken over meanwhile.
var mine = redisapi.NewScript(`
local ids = {}
for i = 4, #ARGV do
	if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2]) == 1 then
		ids[#ids + 1] = ARGV[i]
	end
end
if #ids == 0 then return ids end
local claim = {'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, unpack(ids)}
if ARGV[3] ~= '' then
	for _, word in ipairs({'IDLE', ARGV[3], 'JUSTID'}) do claim[#claim + 1] = word end
end
return redis.call(unpack(claim))
`)

// remove removes a consumer that has nothing pending. XGROUP DELCONSUMER alone would
// throw away what is, and nobody would ever be given it again.
var remove = redisapi.NewScript(`
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) == 0 then
	return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
return 0
`)

func (s *server) mine(ctx context.Context, do func(context.Context, redis.Cmder) error, ids []string, idle string) ([]any, error) {
	args := words(ids, s.group, s.consumer, idle)
	answer, err := mine.RunBy(ctx, do, []string{s.stream}, args...)
	if err != nil {
		return nil, err
	}
	list, ok := answer.([]any)
	if !ok {
		return nil, fmt.Errorf("the answer to XCLAIM is a %T", answer)
	}
	return list, nil
}

func (s *server) age(ctx context.Context, ids []string, idle time.Duration) ([]string, error) {
	list, err := s.mine(ctx, s.do, ids, fmt.Sprint(idle.Milliseconds()))
	if noGroup(err) {
		return nil, nil
	}
	out := make([]string, 0, len(list))
	for _, id := range list {
		out = append(out, fmt.Sprint(id))
	}
	return out, err
}

func (s *server) again(ctx context.Context, ids []string) ([]*received, error) {
	list, err := s.mine(ctx, s.bring, ids, "")
	out := make([]*received, 0, len(list))
	for _, item := range list {
		if m, ok := messageOf(item); ok {
			out = append(out, s.decoder.one(m, 0))
		}
	}
	return out, err
}

// messageOf reads an entry as a script returns it: its id, and a list of names and values.
func messageOf(item any) (m redis.XMessage, ok bool) {
	parts, _ := item.([]any)
	if len(parts) != 2 {
		return m, false
	}
	fields, _ := parts[1].([]any)
	m = redis.XMessage{ID: fmt.Sprint(parts[0]), Values: make(map[string]any, len(fields)/2)}
	for i := 0; i+1 < len(fields); i += 2 {
		m.Values[fmt.Sprint(fields[i])] = fields[i+1]
	}
	return m, true
}

func (s *server) leave(ctx context.Context) error { return s.remove(ctx, s.consumer) }

func (s *server) remove(ctx context.Context, consumer string) error {
	_, err := remove.Run(ctx, s.pipe, []string{s.stream}, s.group, consumer)
	return err
}

func (s *server) sweep(ctx context.Context, idle time.Duration) error {
	list := s.command().XInfoConsumers(ctx, s.stream, s.group)
	if err := s.do(ctx, list); err != nil {
		return err
	}
	for _, c := range list.Val() {
		if c.Pending == 0 && c.Idle > idle && c.Name != s.consumer && generatedRE.MatchString(c.Name) {
			if err := s.remove(ctx, c.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
