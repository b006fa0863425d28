package pipeline

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// Path names a field of the payload, such as body.events or body.items[0].sku;
// "body" alone is the whole payload. The zero Path is "body" too.
type Path struct {
	text  string
	raw   rawjson.Path
	steps []any
}

// ParsePath reads a path as it is written in pipeline.yaml.
func ParsePath(s string) (Path, error) {
	rest, ok := strings.CutPrefix(s, "body")
	if !ok || rest == "." || (rest != "" && rest[0] != '.' && rest[0] != '[') {
		return Path{}, errNoPath
	}
	if rest == "" {
		return Path{text: s}, nil
	}
	raw, err := rawjson.ParsePath(strings.TrimPrefix(rest, "."))
	if err != nil {
		return Path{}, err
	}
	return Path{text: s, raw: raw, steps: raw.Steps()}, nil
}

// MustPath is [ParsePath] for a path that is part of the program; it panics when
// the path cannot be read.
func MustPath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic(fmt.Sprintf("path %s: %v", s, err))
	}
	return p
}

// newPath makes a path of strings and ints.
func newPath(steps ...any) Path {
	raw := rawjson.NewPath(steps...)
	text := "body"
	if s := raw.String(); s != "" && s[0] != '[' {
		text += "." + s
	} else {
		text += s
	}
	return Path{text: text, raw: raw, steps: steps}
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Path) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePath(string(b))
	return err
}

func (p Path) String() string {
	if p.text == "" {
		return "body"
	}
	return p.text
}

// IsZero reports whether the path was never set.
func (p Path) IsZero() bool { return p.text == "" }

// walk follows steps through a decoded value.
func walk(v any, steps []any) (any, bool) {
	for _, step := range steps {
		switch at := v.(type) {
		case map[string]any:
			key, _ := step.(string)
			child, there := at[key]
			if !there {
				return nil, false
			}
			v = child
		case []any:
			i, isIndex := step.(int)
			if !isIndex || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}
