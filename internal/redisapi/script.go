package redisapi

import (
	"context"
	"crypto/sha1" //nolint:gosec // how Redis names scripts
	"encoding/hex"

	"github.com/redis/go-redis/v9"
)

// Script is a Lua script, which the server carries out as one step.
type Script struct{ text, hash string }

// NewScript returns a script. The server gets its text when it does not know it yet.
func NewScript(text string) *Script {
	sum := sha1.Sum([]byte(text)) //nolint:gosec // see above
	return &Script{text, hex.EncodeToString(sum[:])}
}

// Run has the server carry out the script. What [Pipe.Do] says of commands that are
// sent twice holds for scripts too.
func (s *Script) Run(ctx context.Context, p *Pipe, keys []string, args ...any) (any, error) {
	return s.RunBy(ctx, func(ctx context.Context, c redis.Cmder) error {
		if err := p.Do(ctx, c); err != nil {
			return err
		}
		return c.Err()
	}, keys, args...)
}

// RunBy is [Script.Run] with another way to send a command, which returns its error.
func (s *Script) RunBy(ctx context.Context, do func(context.Context, redis.Cmder) error, keys []string, args ...any) (any, error) {
	c := s.command(ctx, "evalsha", s.hash, keys, args)
	err := do(ctx, c)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		c = s.command(ctx, "eval", s.text, keys, args)
		err = do(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	return c.Result()
}

func (*Script) command(ctx context.Context, verb, text string, keys []string, args []any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, verb, text, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	c := redis.NewCmd(ctx, append(all, args...)...)
	if len(keys) > 0 {
		c.SetFirstKeyPos(3)
	}
	return c
}
