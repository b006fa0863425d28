// Package enrich adds to an event what a file knows about it, such as the name of a station to its code.
//
// An event for which the file has a row goes on with that row as a field of its
// body; the rest of its bytes stays as it is. One for which there is none goes
// on as it is, unless the settings say otherwise, and is counted.
//
// The file is read when the pipeline is built, and again when it has changed.
package enrich

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// Config is the settings of the stage.
//
// A .csv file has the names of its columns in the first line; all its values
// are text. A .json file holds a list of objects, or an object of objects, whose
// keys are then the column _key. It may have 64 MiB and 1,000,000 rows.
//
// The file is looked at once a second while events pass, and read again when it
// has changed. While a new version cannot be read the old one serves, an error
// is logged, and reload_errors counts. Replace the file by renaming a new one
// over it, so that half of it is never seen. Misses are counted as misses.
type Config struct {
	// Lookup is the path of the file, which ends in .csv or .json.
	Lookup string `yaml:"lookup,required"`
	// On says which row belongs to an event, as column: expression. All columns
	// must have the text that their expressions give. Null matches no row.
	On map[string]pipeline.Expr `yaml:"on,required"`
	// As is the field that gets the row as an object: station and body.station
	// are the same. A field that is there already is replaced.
	As Field `yaml:"as,required"`
	// Default is the value of the field when no row belongs to the event.
	// Without it, or when it is null, the event stays as it is.
	Default any `yaml:"default"`
	// OnMiss says what becomes of an event without a row and a default: pass
	// lets it go on, reject sends it to the dead letters.
	OnMiss string `yaml:"on_miss"`
}

// Stage is the declaration of the stage.
var Stage = pipeline.DefineStage("enrich", Config{OnMiss: "pass"}, New)

// New builds the stage. It reads the file, so that check reports one that is
// missing or broken.
func New(c Config, env *pipeline.Env) (pipeline.Stage, error) {
	s, err := newStage(c, env.Clock, env.Log)
	if err != nil {
		return nil, err
	}
	if odd := s.lookup.table.Load().repeated; odd != "" {
		env.Warn("lookup %s: %s; the last row counts", c.Lookup, odd)
	}
	s.misses, s.lookup.reloadErrors = env.Counter("misses"), env.Counter("reload_errors")
	return pipeline.Map(s.enrich), nil
}

// stage adds rows to events.
type stage struct {
	lookup *lookup
	config Config
	keys   []key
	misses *pipeline.Counter
}

func newStage(c Config, clock pipeline.Clock, log *slog.Logger) (*stage, error) {
	keys := keysOf(c.On)
	l, err := open(c.Lookup, keys, clock, log)
	return &stage{lookup: l, config: c, keys: keys, misses: new(pipeline.Counter)}, err
}

func (s *stage) enrich(_ context.Context, e *pipeline.Event) error {
	var room [64]byte
	joined, ok, err := join(room[:0], s.keys, e)
	if err != nil {
		return pipeline.Reject(err)
	}
	if ok {
		if row, found := s.lookup.current().rows[string(joined)]; found {
			return s.set(e, json.RawMessage(row))
		}
	}
	s.misses.Inc()
	return s.miss(e)
}

func (s *stage) miss(e *pipeline.Event) error {
	switch {
	case s.config.Default != nil:
		return s.set(e, s.config.Default)
	case s.config.OnMiss == "reject":
		return pipeline.Reject(fmt.Errorf("%s has no row for %s", s.config.Lookup, describe(s.keys, e)))
	}
	return nil
}

func (s *stage) set(e *pipeline.Event, v any) error {
	if err := e.Set(s.config.As.Path, v); err != nil {
		return pipeline.Reject(err)
	}
	return nil
}

// Validate checks that the settings fit each other.
func (c Config) Validate() error {
	switch {
	case !strings.HasSuffix(c.Lookup, ".csv") && !strings.HasSuffix(c.Lookup, ".json"):
		return pipeline.FieldError("lookup", "want a file that ends in .csv or .json")
	case len(c.On) == 0:
		return pipeline.FieldError("on", "want at least one column and its value, as in code: body.station")
	case c.OnMiss != "pass" && c.OnMiss != "reject":
		return pipeline.FieldError("on_miss", "want pass or reject, got %q", c.OnMiss)
	case c.OnMiss == "reject" && c.Default != nil:
		return pipeline.FieldError("on_miss", "with a default no event is without a row to reject")
	}
	for column, x := range c.On {
		if x.IsZero() {
			return pipeline.FieldError("on", "%s needs a value, as in %s: body.station", column, column)
		}
	}
	return nil
}

// Field is where the row goes, written with or without body in front.
type Field struct{ pipeline.Path }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *Field) UnmarshalText(b []byte) error {
	text := string(b)
	if text == "body" {
		return errors.New("body is the whole payload: name a field of it")
	}
	if !strings.HasPrefix(text, "body.") && !strings.HasPrefix(text, "body[") {
		text = "body." + text
	}
	return f.Path.UnmarshalText([]byte(text))
}
