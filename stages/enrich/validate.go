package enrich

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// Validate checks that the settings fit each other.
func (c Config) Validate() error {
	return errors.Join(c.checkPlace(), c.checkMiss())
}

// places names the settings that say where values come from and are given.
func (c Config) places() (names []string) {
	for _, s := range []struct {
		name  string
		given bool
	}{{"lookup", c.Lookup != ""}, {"redis", c.Redis.URL != ""}, {"http", !c.HTTP.URL.IsZero()}} {
		if s.given {
			names = append(names, s.name)
		}
	}
	return names
}

// checkPlace checks that values come from one place, and that the other settings are
// about that one.
func (c Config) checkPlace() error {
	places := c.places()
	switch {
	case len(places) == 0:
		return errors.New("needs lookup (a file), redis or http: where values come from")
	case len(places) > 1:
		return pipeline.FieldError(places[1], "beside %s: keep one of %s, where values come from", places[0], strings.Join(places, " and "))
	case places[0] == "lookup":
		return c.checkFile()
	case len(c.On) > 0:
		return pipeline.FieldError("on", "is for the columns of a file: what to ask %s for stands in its %s", places[0], askedBy[places[0]])
	}
	return nil
}

// askedBy names the setting that says what is asked for.
var askedBy = map[string]string{"redis": "key", "http": "url"}

func (c Config) checkFile() error {
	switch {
	case !strings.HasSuffix(c.Lookup, ".csv") && !strings.HasSuffix(c.Lookup, ".json"):
		return pipeline.FieldError("lookup", "want a file that ends in .csv or .json")
	case len(c.On) == 0:
		return pipeline.FieldError("on", "want at least one column and its value, as in code: body.station")
	case c.OnFailure == pass || c.OnFailure == reject:
		return pipeline.FieldError("on_failure", "is for redis and http: a file that was read does not fail")
	case c.Cache != defaults.Cache:
		return pipeline.FieldError("cache", "is for redis and http: a file is in memory as a whole")
	}
	for _, column := range slices.Sorted(maps.Keys(c.On)) {
		if x := c.On[column]; x.IsZero() {
			return pipeline.FieldError("on", "%s needs a value, as in %s: body.station", column, column)
		}
	}
	return nil
}

func (c Config) checkMiss() error {
	if c.OnMiss == reject && c.Default != nil {
		return pipeline.FieldError("on_miss", "with a default no event is without a value to reject")
	}
	return nil
}
