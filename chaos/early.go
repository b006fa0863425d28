package main

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

const earlyName = "markearly"

// early is how events are often told apart: noted when they come, and dropped when they
// are noted. It is here to be compared with; do not use it.
var early = pipeline.DefineStage(earlyName, earlyConfig{}, newEarly)

type earlyConfig struct {
	// Where Redis is.
	URL conf.Secret `yaml:"url,required,short"`
}

func newEarly(c earlyConfig, env *pipeline.Env) (pipeline.Stage, error) {
	client, err := redisapi.Open(redisapi.Settings{URL: c.URL})
	if err != nil {
		return nil, err
	}
	env.OnClose(client.Close)
	return func(next pipeline.Handler) pipeline.Handler {
		return func(ctx context.Context, e *pipeline.Event) error {
			err := client.SetArgs(ctx, "early:"+e.ID, "1", redis.SetArgs{Mode: "NX", TTL: time.Hour}).Err()
			switch {
			case err == redis.Nil:
				return nil
			case err != nil:
				return fmt.Errorf("mark: %w", err)
			}
			return next(ctx, e)
		}
	}, nil
}
