package mapstage

import (
	"errors"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Renames is a list of fields and their new names, written as a map whose order
// counts.
type Renames struct{ list []rename }

type rename struct {
	path pipeline.Path
	name string
}

// UnmarshalNode implements [conf.NodeUnmarshaler].
func (r *Renames) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	if n.Kind != conf.Map {
		p.Errorf(n, "rename: want fields and their new names, as in body.parcel.no: number")
		return
	}
	r.list = nil
	for _, f := range n.Fields {
		path, err := parseRenamed(f.Key)
		if err != nil {
			p.Errorf(f.Key, "rename %s: %v", f.Key.Raw, err)
			continue
		}
		if f.Value.Kind != conf.Scalar || f.Value.Value == "" || strings.HasPrefix(f.Value.Value, "body.") {
			p.Errorf(f.Value, "rename %s: want the new name alone: the field stays in its object", path)
			continue
		}
		r.list = append(r.list, rename{path, f.Value.Value})
	}
}

// Shape says what renames are read from.
func (Renames) Shape() conf.Shape { return conf.MapOf(conf.Shape{Word: "name"}) }

func parseRenamed(key *conf.Node) (pipeline.Path, error) {
	text := key.Value
	p, err := placeOf(key)
	switch {
	case err != nil:
		return p.path, err
	case p.meta != "":
		return p.path, errors.New("only fields of the body can be renamed: set the new entry and delete the old one")
	case strings.HasSuffix(text, "]") && !strings.HasSuffix(text, `"]`):
		return p.path, errors.New("an item of a list has no name")
	}
	return p.path, nil
}

func (r *Renames) apply(e *pipeline.Event) error {
	for _, one := range r.list {
		raw, err := e.Raw(one.path)
		if err == nil && raw != nil {
			err = e.Rename(one.path, one.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
