package mapstage

import (
	"errors"
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// Place is a field of the body or a metadata entry.
type Place struct {
	text string
	path pipeline.Path
	meta string // the name of a metadata entry, or "" for a field
}

// UnmarshalText reads body.a.b, meta.a or meta["sns.a"].
func (p *Place) UnmarshalText(b []byte) (err error) {
	*p, err = parsePlace(string(b))
	return err
}

// Shape says what a place is read from.
func (Place) Shape() conf.Shape { return conf.Shape{Word: "place such as body.a.b or meta.a"} }

// FoldCase makes the names of a field match in either casing. Metadata has names of
// our own.
func (p *Place) FoldCase() { p.path.FoldCase() }

func (p Place) String() string { return p.text }

// placeOf reads the place that a key of a map names.
func placeOf(key *conf.Node) (Place, error) {
	p, err := parsePlace(key.Value)
	if key.Fold {
		p.FoldCase()
	}
	return p, err
}

func parsePlace(text string) (Place, error) {
	if name, ok := strings.CutPrefix(text, "meta"); ok && (name == "" || name[0] == '.' || name[0] == '[') {
		meta, err := metaName(name)
		return Place{text: text, meta: meta}, err
	}
	path, err := pipeline.ParsePath(text)
	switch {
	case err != nil && !strings.HasPrefix(text, "body"):
		err = errors.New("want a field such as body.a.b, or metadata such as meta.a")
	case err == nil && text == "body":
		err = errors.New("body is the whole payload: name a field of it, such as body.a.b")
	}
	return Place{text: text, path: path}, err
}

// metaName reads what follows the word meta.
func metaName(text string) (string, error) {
	path, err := rawjson.ParsePath(strings.TrimPrefix(text, "."))
	if err != nil {
		return "", err
	}
	steps := path.Steps()
	if len(steps) == 0 {
		return "", errors.New(`name one entry, as in meta.a or meta["sns.a"]`)
	}
	name, ok := steps[0].(string)
	switch {
	case !ok || len(steps) > 1:
		return "", fmt.Errorf("metadata is not nested: a name with a dot is written meta[%q]", strings.TrimPrefix(text, "."))
	case strings.HasPrefix(name, "leat."):
		return "", fmt.Errorf("%s is a mark of leat itself, which cannot be changed", name)
	}
	return name, nil
}

// remove removes what is at the place, if anything.
func (p Place) remove(e *pipeline.Event) error {
	if p.meta != "" {
		removeMeta(e, p.meta)
		return nil
	}
	// A payload that is XML or CSV stays what it is when there is nothing to do.
	raw, err := e.Raw(p.path)
	if err != nil || raw == nil {
		return err
	}
	return e.Delete(p.path)
}

// removeMeta empties an entry: entries cannot be taken away, because an event
// shares them with the other children of its message.
func removeMeta(e *pipeline.Event, name string) {
	if e.Meta(name) != "" {
		e.SetMeta(name, "")
	}
}
