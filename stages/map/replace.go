package mapstage

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// Replacement changes the parts of a text that match.
type Replacement struct {
	// In is the field or metadata whose text is changed. One that is missing or
	// null is left alone; anything else but text is an error.
	In Place `yaml:"in,required"`
	// Match is a regular expression in the syntax of Go (RE2). Every match is
	// replaced; ^ and $ anchor it.
	Match *regexp.Regexp `yaml:"match,required"`
	// With is what takes its place. $1 is what the first group matched; where
	// letters or digits follow, it is written $${1}, with two $ because ${…}
	// is a variable in pipeline.yaml. A literal $ is $$.
	With string `yaml:"with,required"`
}

func (c *Config) replace(e *pipeline.Event) error {
	for i := range c.Replace {
		r := &c.Replace[i]
		if err := r.apply(e); err != nil {
			return fmt.Errorf("replace in %s: %w", r.In, err)
		}
	}
	return nil
}

func (r *Replacement) apply(e *pipeline.Event) error {
	if r.In.meta != "" {
		before := e.Meta(r.In.meta)
		if after := r.Match.ReplaceAllString(before, r.With); before != "" && after != before {
			e.SetMeta(r.In.meta, after)
		}
		return nil
	}
	raw, err := e.Raw(r.In.path)
	if err != nil || raw == nil || isNull(raw) {
		return err
	}
	if kind := rawjson.KindOf(raw); kind != rawjson.String {
		return fmt.Errorf("want text, got kind %s", kind)
	}
	before := rawjson.Text(raw)
	if after := r.Match.ReplaceAllString(before, r.With); after != before {
		return e.Set(r.In.path, after)
	}
	return nil
}

var group = regexp.MustCompile(`\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))`)

// Validate refuses a replacement that names a group which match does not have:
// it would become nothing, and $1x names the group 1x.
func (r Replacement) Validate() error {
	names := r.Match.SubexpNames()
	for _, m := range group.FindAllStringSubmatch(r.With, -1) {
		name := m[1] + m[2]
		if i, err := strconv.Atoi(name); err == nil && i < len(names) {
			continue
		}
		if name != "" && !slices.Contains(names, name) {
			return pipeline.FieldError("with", "match has no group %q: where letters or digits follow a group, write $${1}", name)
		}
	}
	return nil
}
