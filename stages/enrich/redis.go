package enrich

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// redisLookup asks Redis. Events that ask at the same time share round trips.
type redisLookup struct {
	name string // of the server, in messages
	read string
	most conf.Size // how large a value may be
	pipe *redisapi.Pipe
}

func openRedis(c Config, env *pipeline.Env) (place, error) {
	env.Uses(c.Redis.Files()...)
	client, err := redisapi.Open(c.Redis.Settings)
	if err != nil {
		return nil, err
	}
	l := &redisLookup{name: "redis " + c.Redis.Address(), read: c.Redis.Read, most: c.Redis.MaxValue, pipe: redisapi.NewPipe(client)}
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
	answer, err := l.ask(ctx, readHashWithin, key)
	if err != nil {
		return nil, err
	}
	list, _ := answer.([]any)
	if len(list) == 0 {
		return nil, redis.Nil
	}
	fields := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		name, _ := list[i].(string)
		value, _ := list[i+1].(string)
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, l.broken(key, fmt.Errorf("the field %s is not UTF-8", quote(name)))
		}
		fields[name] = value
	}
	return rawjson.Append(nil, fields)
}

// text returns what is stored under a key as JSON.
func (l *redisLookup) text(ctx context.Context, key string) ([]byte, error) {
	answer, err := l.ask(ctx, readTextWithin, key)
	if err != nil {
		return nil, err
	}
	text, _ := answer.(string)
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

// ask returns what a script reads, which answers with a number when that is too large.
func (l *redisLookup) ask(ctx context.Context, script *redisapi.Script, key string) (any, error) {
	answer, err := script.Run(ctx, l.pipe, []string{key}, int64(l.most))
	if _, large := answer.(int64); large {
		return nil, l.broken(key, fmt.Errorf("what is stored there is larger than max_value, which is %s", l.most))
	}
	return answer, err
}

// broken is the error of a value that asking again cannot mend.
func (l *redisLookup) broken(key string, err error) error {
	return pipeline.Reject(fmt.Errorf("%s: key %s: %w", l.name, quote(key), err))
}
