package pipeline

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
)

// Path names a field of the payload, such as body.events or body.items[0].sku;
// "body" alone is the whole payload. The zero Path is "body" too.
type Path struct {
	text  string
	raw   rawjson.Path
	steps []any
	fold  bool // names match in either casing
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

// newPath makes a path of strings and ints, whose names match in either casing if
// fold says so.
func newPath(fold bool, steps ...any) Path {
	raw := rawjson.NewPath(steps...)
	text := "body"
	if s := raw.String(); s != "" && s[0] != '[' {
		text += "." + s
	} else {
		text += s
	}
	p := Path{text: text, raw: raw, steps: steps}
	if fold {
		p.FoldCase()
	}
	return p
}

// Shape says what a path is read from.
func (Path) Shape() conf.Shape { return conf.Shape{Word: "path such as body.a.b"} }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Path) UnmarshalText(b []byte) (err error) {
	*p, err = ParsePath(string(b))
	return err
}

// FoldCase makes the names of the path match in either casing. A name that matches
// exactly wins; of several that match only in another casing the last counts. It is
// called for settings whose preset says so.
func (p *Path) FoldCase() { p.raw, p.fold = p.raw.Folded(), true }

func (p Path) String() string {
	if p.text == "" {
		return "body"
	}
	return p.text
}

// IsZero reports whether the path was never set.
func (p Path) IsZero() bool { return p.text == "" }

// walk follows the path through a decoded value.
func (p Path) walk(v any) (any, bool) {
	for _, step := range p.steps {
		switch at := v.(type) {
		case map[string]any:
			key, isKey := step.(string)
			child, there := at[key]
			if !there && isKey && p.fold {
				child, there = foldedMember(at, key)
			}
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

// foldedMember returns the member whose name is key in another casing. A map has no
// order: of several the last counts in the order in which they are written as JSON.
func foldedMember(object map[string]any, key string) (v any, there bool) {
	last := ""
	for name, member := range object {
		if strings.EqualFold(name, key) && (!there || name > last) {
			v, last, there = member, name, true
		}
	}
	return v, there
}
