// Package redis remembers in Redis what was delivered, for all replicas of a
// pipeline together: an event that one of them has delivered is a copy to all.
//
// A claim belongs to a session, which is one run of one process and lives as long
// as its process says so every few seconds. An event whose claim belongs to a
// session that is over may be claimed by anyone. So nothing has to be cleaned up
// after a process that was killed, and no clock decides how long an event may take.
package redis

import (
	"errors"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// State declares the store.
var State = pipeline.DefineState("redis", Config{Prefix: "leat", SessionTTL: 15 * time.Second}, New)

// Config are the settings of the store.
//
// Redis 7.0 or newer is needed, and should have maxmemory-policy noeviction: what it
// evicts is forgotten, and delivered again when it comes again. While Redis does not
// answer, events are held and nothing is delivered, unless a dedupe stage says
// otherwise; when it has lost its memory, what the sources still hold may be
// delivered again.
//
// Pipelines that should not know of each other need a prefix, or a database, each.
type Config struct {
	redisapi.Settings `yaml:",inline"`

	// Prefix is what the names of all keys begin with.
	Prefix string `yaml:"prefix"`
	// SessionTTL is for how long a process is believed to live after its last sign of
	// life: so long events that it was delivering when it was killed wait for others to
	// take them over. It gives three signs in that time.
	SessionTTL time.Duration `yaml:"session_ttl"`
}

// Validate reports settings that cannot work.
func (c Config) Validate() error {
	errs := []error{c.Settings.Validate()}
	if c.Prefix == "" || strings.ContainsAny(c.Prefix, "{} \t\r\n") {
		errs = append(errs, pipeline.FieldError("prefix", "want a word without spaces and braces, such as leat"))
	}
	if c.SessionTTL < time.Second || c.SessionTTL > time.Hour {
		errs = append(errs, pipeline.FieldError("session_ttl", "want 1s to 1h"))
	}
	return errors.Join(errs...)
}

// New prepares the store. It connects when the pipeline starts.
func New(c Config, env *pipeline.Env) (pipeline.State, error) {
	env.Uses(c.Files()...)
	s, err := newStore(c, env.Clock, env.Log)
	if err != nil {
		return nil, err
	}
	s.lost = env.Counter(CountClaimLost)
	s.pipe.Time = roundTrips(env)
	env.OnStart(s.open)
	env.OnHealth(s.session.ailment)
	env.OnClose(s.close)
	return s, nil
}

// CountClaimLost counts events that were delivered here although another process had
// taken over their claim, as this one had given no sign of life: they may have been
// delivered twice.
const CountClaimLost = "claims_taken_over"
