package enrich

import (
	"errors"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Config is the settings of the stage.
//
// One of lookup, redis and http says where the values come from.
//
// A .csv file has the names of its columns in the first line; all its values
// are text. A .json file holds a list of objects, or an object of objects, whose
// keys are then the column _key. It may have 64 MiB and 1,000,000 rows.
//
// The file is looked at once a second while events pass, and read again when it
// has changed. While a new version cannot be read the old one serves, an error
// is logged, and reload_errors counts. Replace the file by renaming a new one
// over it, so that half of it is never seen.
//
// Redis and HTTP services are asked while events pass, those of one key at the same
// time once for all; the others go on meanwhile. Answers are remembered, see cache:
//
//	stages:
//	  - enrich:
//	      redis: {url: "${REDIS_URL}", key: 'station:{body.code}', read: hash}
//	      as: station
//	  - enrich:
//	      http:
//	        url: 'https://api.example.com/stations/{body.code}'
//	        headers: {Authorization: 'Bearer ${TOKEN}'}
//	      as: station
//	      cache: {ttl: 10m}
//	      on_failure: pass
//
// A key or URL has expressions in braces; {{ and }} are braces. While the service is
// away events wait for it, see on_failure. Those that wait when the flow stops go back
// to their source.
//
// An HTTP service gives a value with 200 and JSON, and says with 404 that there is
// none. 408, 425, 429, 5xx and no answer at all are failures that may pass; asking again
// waits for as long as a Retry-After header says, at most an hour. Any other answer is a
// failure for good; redirects are not followed.
//
// Misses are counted as misses, lookups that fail as lookups_failed, and events whose
// answer was remembered as cache_hits.
type Config struct {
	// Lookup is the path of the file, which ends in .csv or .json.
	Lookup string `yaml:"lookup"`
	// On says which row of the file belongs to an event, as column: expression. All
	// columns must have the text that their expressions give. Null matches no row.
	On map[string]pipeline.Expr `yaml:"on"`
	// Redis is where the values are, instead of a file.
	Redis RedisConfig `yaml:"redis"`
	// HTTP is a service that has the values, instead of a file.
	HTTP HTTPConfig `yaml:"http"`
	// As is the field that gets the row, as an object, or the value: station and
	// body.station are the same. A field that is there already is replaced.
	As Field `yaml:"as,required"`
	// Default is the value of the field when nothing belongs to the event. Without
	// it, or when it is null, the event stays as it is.
	Default any `yaml:"default"`
	// OnMiss says what becomes of an event to which nothing belongs, if there is no
	// default: pass lets it go on, reject sends it to the dead letters.
	OnMiss string `yaml:"on_miss" values:"pass reject"`
	// OnFailure says what becomes of an event when Redis or the service fails: retry
	// asks again, with the pauses of on_error, until there is an answer; pass lets
	// the event go on as it is; reject sends it to the dead letters. Where asking
	// again cannot help, as with a broken value, retry is reject.
	OnFailure string `yaml:"on_failure" values:"retry pass reject"`
	// Cache says what is remembered of Redis or the service.
	Cache CacheConfig `yaml:"cache"`
}

// CacheConfig bounds what is remembered. Failures never are.
type CacheConfig struct {
	// TTL is how long a value is used without asking again; 0s: not at all.
	TTL time.Duration `yaml:"ttl"`
	// NegativeTTL is how long it is remembered that there is no value; 0s: not at all.
	NegativeTTL time.Duration `yaml:"negative_ttl"`
	// MaxEntries is how many answers are remembered. Those that were not needed for
	// longest are forgotten first.
	MaxEntries int `yaml:"max_entries"`
	// MaxBytes is how large they may be together.
	MaxBytes pipeline.Size `yaml:"max_bytes"`
}

const (
	retry  = "retry"
	pass   = "pass"
	reject = "reject"
)

var defaults = Config{
	Redis:     RedisConfig{Read: readHash, MaxValue: 64 << 10},
	HTTP:      HTTPConfig{Timeout: 10 * time.Second, MaxResponse: 64 << 10, MaxRequests: 50},
	OnMiss:    pass,
	OnFailure: retry,
	Cache:     CacheConfig{TTL: 5 * time.Minute, NegativeTTL: 30 * time.Second, MaxEntries: 10_000, MaxBytes: 64 << 20},
}

// Validate checks the bounds.
func (c CacheConfig) Validate() error {
	var errs []error
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	need(c.TTL >= 0, "ttl", "must not be negative")
	need(c.NegativeTTL >= 0, "negative_ttl", "must not be negative")
	need(c.MaxEntries > 0, "max_entries", "must be at least 1: ttl: 0s remembers nothing")
	need(c.MaxBytes > 0, "max_bytes", "must be at least 1: ttl: 0s remembers nothing")
	return errors.Join(errs...)
}

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits {
	return pipeline.Traits{Remote: c.Redis.URL != "" || !c.HTTP.URL.IsZero()}
}
