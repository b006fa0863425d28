package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Setup is where a plugin is used.
type Setup struct {
	// Flow and Name are those in pipeline.yaml; Flow is "" for a sink.
	Flow, Name string
	// Sink: events end here, rather than go on.
	Sink bool
	// Timeout is how long an event may take.
	Timeout time.Duration
}

type setupKey struct{}

// SetupOf returns where the plugin is used, from the context that a function given to
// [ServeConfigured] gets, or a handler.
func SetupOf(ctx context.Context) Setup {
	s, _ := ctx.Value(setupKey{}).(Setup)
	return s
}

// FieldError says that a setting cannot work. It is shown at the place of the setting in
// pipeline.yaml. The path is that of the setting below config, such as stations[2].zone.
// Several are joined with [errors.Join].
func FieldError(path, format string, args ...any) error {
	return &fieldError{path, fmt.Sprintf(format, args...)}
}

type fieldError struct{ path, message string }

func (f *fieldError) Error() string { return f.path + ": " + f.message }

// plugin is what is served: settings in, a handler out.
type plugin struct {
	open func(ctx context.Context, config []byte) (Handler, error)
}

// handler opens the plugin.
func (p plugin) handler(ctx context.Context, config []byte) (Handler, error) {
	h, err := p.open(ctx, config)
	if err == nil && h == nil {
		err = errors.New("the plugin has no handler")
	}
	return h, err
}

// plain is a plugin without settings.
func plain(h Handler) plugin {
	return plugin{func(_ context.Context, config []byte) (Handler, error) {
		var none struct{}
		if err := decode(config, &none); err != nil {
			return nil, err
		}
		return h, nil
	}}
}

// configured is a plugin whose settings are a C.
func configured[C any](open func(context.Context, C) (Handler, error)) plugin {
	return plugin{func(ctx context.Context, config []byte) (Handler, error) {
		var c C
		if err := decode(config, &c); err != nil {
			return nil, err
		}
		return open(ctx, c)
	}}
}

// decode reads settings and refuses those that nobody asked for.
func decode(config []byte, into any) error {
	if len(config) == 0 {
		config = []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(config))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return nil
		}
		err = errors.New("want one JSON object")
	}
	return asFieldError(err)
}

// asFieldError finds the setting that an error of encoding/json is about.
func asFieldError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return FieldError(wrong.Field, "want %s, not %s", kindOf(wrong.Type.String()), given(wrong.Value))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		return FieldError(name, "the plugin knows no setting of this name")
	}
	return err
}

// kindOf is what a Go type is called in JSON.
func kindOf(name string) string {
	switch {
	case name == "string":
		return "text"
	case name == "bool":
		return "true or false"
	case strings.HasPrefix(name, "int"), strings.HasPrefix(name, "uint"):
		return "a whole number"
	case strings.HasPrefix(name, "float"):
		return "a number"
	case strings.HasPrefix(name, "["):
		return "a list"
	}
	return "a map"
}

// given is what encoding/json calls a value, in the words of [kindOf].
func given(value string) string {
	word, _, _ := strings.Cut(value, " ")
	switch word {
	case "object":
		return "a map"
	case "array":
		return "a list"
	case "string":
		return "text"
	case "bool":
		return "true or false"
	}
	return value // such as number 1.5
}

// Problem is what is wrong with a setting, or with all of them when Path is "".
type Problem struct{ Path, Message string }

// Problems are the errors that err joins, as leat is told of them: at least one, unless
// err is nil. An error that wraps several and adds words of its own stays whole.
func Problems(err error) []Problem {
	if err == nil {
		return nil
	}
	if parts := parts(err); len(parts) > 0 {
		var all []Problem
		for _, e := range parts {
			all = append(all, Problems(e)...)
		}
		return all
	}
	var f *fieldError
	if _, several := err.(interface{ Unwrap() []error }); !several && errors.As(err, &f) {
		return []Problem{{f.path, f.message}}
	}
	return []Problem{{"", err.Error()}}
}

// parts takes an [errors.Join] apart.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	parts := slices.DeleteFunc(slices.Clone(joined.Unwrap()), func(e error) bool { return e == nil })
	if len(parts) == 0 || errors.Join(parts...).Error() != err.Error() {
		return nil
	}
	return parts
}
