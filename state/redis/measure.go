package redis

import (
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/leat-io/leat/pipeline"
)

// roundTrips times round trips, nil if nobody wants to know. A key that is not there is
// no failure.
func roundTrips(env *pipeline.Env) func() (done func(error)) {
	trips := env.Timing(pipeline.TimeRoundTrip)
	if trips == nil {
		return nil
	}
	return func() func(error) {
		begun := env.Clock.Now()
		return func(err error) {
			trips.Observe(env.Clock.Now().Sub(begun))
			if err != nil && !errors.Is(err, redis.Nil) {
				trips.Fail()
			}
		}
	}
}
