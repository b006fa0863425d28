package enrich

import (
	"errors"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Field is where the value goes, written with or without body in front.
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

// Shape says what a field is read from.
func (Field) Shape() conf.Shape { return conf.Shape{Word: "field such as station or body.station"} }
