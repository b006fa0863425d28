package enrich

import (
	"errors"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// RedisConfig is which Redis is asked, and for what. The commands that its user needs are
// CLIENT SETNAME, EVALSHA and EVAL, and with them STRLEN and GET, or HLEN, HKEYS, HSTRLEN
// and HGETALL for hashes.
type RedisConfig struct {
	redisapi.Settings `yaml:",inline"`

	// Key is the key in Redis, with expressions in braces, as in station:{body.code}.
	// When one of them is null or empty there is no value, and Redis is not asked.
	Key KeyTemplate `yaml:"key,required"`
	// Read says what is stored there: hash, which becomes an object of texts; string,
	// which becomes a text; or json, a text of JSON that goes into the event as it is
	// stored. A key that does not exist, and a hash without fields, is a miss.
	Read string `yaml:"read" values:"hash string json"`
	// MaxValue is how large what is stored there may be, for a hash the names and values
	// of all fields together. What is larger does not leave Redis, and is a failure for
	// good.
	MaxValue conf.Size `yaml:"max_value"`
}

// maxValue is how large a value may be at most.
const maxValue = 64 << 20

const (
	readHash   = "hash"
	readString = "string"
	readJSON   = "json"
)

// Validate checks what the types of the settings do not.
func (c RedisConfig) Validate() error {
	var errs []error
	if c.MaxValue <= 0 || c.MaxValue > maxValue {
		errs = append(errs, pipeline.FieldError("max_value", "want 1B to 64MiB"))
	}
	return errors.Join(errs...)
}

// KeyTemplate is the template of a key in Redis.
type KeyTemplate struct{ Template }

// append appends the key for an event. The second result is false when a value is
// null or empty, which names nothing.
func (k *KeyTemplate) append(dst []byte, e *pipeline.Event) ([]byte, bool, error) {
	return k.Template.append(dst, e, func(dst []byte, value string) ([]byte, bool) {
		return append(dst, value...), value != ""
	})
}
