package enrich

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// redisLookup asks Redis. Events that ask at the same time share round trips.
type redisLookup struct {
	name string // of the server, in messages
	read string
	pipe *redisapi.Pipe
}

func openRedis(c Config, env *pipeline.Env) (place, error) {
	client, err := redisapi.Open(c.Redis.Settings)
	if err != nil {
		return nil, err
	}
	l := &redisLookup{name: "redis " + c.Redis.Address(), read: c.Redis.Read, pipe: redisapi.NewPipe(client)}
	r := newRemote(l.name, &c.Redis.Key, l, c.Cache, env)
	env.OnClose(func() error {
		r.known.Close()
		l.pipe.Close()
		return client.Close()
	})
	return r, nil
}

// Lookup returns the JSON of what is stored under a key.
func (l *redisLookup) Lookup(ctx context.Context, key string) (value []byte, found bool, err error) {
	if l.read == readHash {
		value, err = l.hash(ctx, key)
	} else {
		value, err = l.text(ctx, key)
	}
	switch {
	case errors.Is(err, redis.Nil):
		return nil, false, nil
	case redis.HasErrorPrefix(err, "WRONGTYPE"):
		return nil, false, l.broken(key, fmt.Errorf("what is stored there is of another type: set read, which is %s, to what it is", l.read))
	case pipeline.Rejected(err):
		return nil, false, err
	case err != nil:
		return nil, false, fmt.Errorf("%s: %w", l.name, err)
	}
	return value, true, nil
}

// hash returns the fields of a hash in the order of their names.
func (l *redisLookup) hash(ctx context.Context, key string) ([]byte, error) {
	c := redis.NewMapStringStringCmd(ctx, "hgetall", key)
	if err := l.do(ctx, c); err != nil {
		return nil, err
	}
	fields := c.Val()
	if len(fields) == 0 {
		return nil, redis.Nil
	}
	for name, value := range fields {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, l.broken(key, fmt.Errorf("the field %s is not UTF-8", quote(name)))
		}
	}
	return rawjson.Append(nil, fields)
}

// text returns what is stored under a key as JSON.
func (l *redisLookup) text(ctx context.Context, key string) ([]byte, error) {
	c := redis.NewStringCmd(ctx, "get", key)
	if err := l.do(ctx, c); err != nil {
		return nil, err
	}
	text := c.Val()
	if l.read == readString {
		if !utf8.ValidString(text) {
			return nil, l.broken(key, errors.New("the text is not UTF-8"))
		}
		return rawjson.AppendString(nil, text), nil
	}
	value := []byte(text)
	if err := rawjson.Check(value, maxDepth); err != nil {
		return nil, l.broken(key, fmt.Errorf("the text is not JSON: %w", err))
	}
	return value, nil
}

func (l *redisLookup) do(ctx context.Context, c redis.Cmder) error {
	if err := l.pipe.Do(ctx, c); err != nil {
		return err
	}
	return c.Err()
}

// broken is the error of a value that asking again cannot mend.
func (l *redisLookup) broken(key string, err error) error {
	return pipeline.Reject(fmt.Errorf("%s: key %s: %w", l.name, quote(key), err))
}
