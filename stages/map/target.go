package mapstage

import (
	"errors"
	"fmt"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// target is what set can set: a place, the whole body, or a part of the event's
// identity.
type target struct {
	Place
	put func(e *pipeline.Event, value []byte) error // value is JSON
}

// identity is what can be set beside the payload and metadata.
var identity = map[string]func(e *pipeline.Event, text string) error{
	"id": func(e *pipeline.Event, text string) error {
		if text == "" {
			return errors.New("it must not be empty")
		}
		e.ID = text
		return nil
	},
	"key":  func(e *pipeline.Event, text string) error { e.Key = text; return nil },
	"type": func(e *pipeline.Event, text string) error { e.Type = text; return nil },
	"time": setTime,
}

func setTime(e *pipeline.Event, text string) error {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("%q is not a time as in 2026-01-31T15:04:05Z", shorten(text))
	}
	e.Time = t
	return nil
}

func parseTarget(key *conf.Node) (target, error) {
	text := key.Value
	if set, ok := identity[text]; ok {
		return target{Place{text: text}, putIdentity(text, set)}, nil
	}
	if text == "body" {
		return target{Place{text: text}, putField(pipeline.Path{})}, nil
	}
	p, err := placeOf(key)
	switch {
	case err != nil:
		return target{}, err
	case p.meta != "":
		return target{p, putMeta(p.meta)}, nil
	}
	return target{p, putField(p.path)}, nil
}

func putIdentity(name string, set func(*pipeline.Event, string) error) func(*pipeline.Event, []byte) error {
	return func(e *pipeline.Event, value []byte) error {
		err := errors.New("the value is null or missing")
		if !isNull(value) {
			err = set(e, rawjson.Text(value))
		}
		if err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
		return nil
	}
}

func putMeta(name string) func(*pipeline.Event, []byte) error {
	return func(e *pipeline.Event, value []byte) error {
		if isNull(value) {
			removeMeta(e, name)
			return nil
		}
		e.SetMeta(name, rawjson.Text(value))
		return nil
	}
}

func isNull(value []byte) bool { return rawjson.KindOf(value) == rawjson.Null }

// shorten keeps a message readable.
func shorten(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
