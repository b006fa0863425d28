package redisapi

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Quiet keeps the Redis client from writing to standard error. It counts for the whole
// program, so only a program may call it: every error it writes of is returned too.
func Quiet() { redis.SetLogger(silence{}) }

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
