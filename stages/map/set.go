package mapstage

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Assignments is a list of places and their new values, written as a map whose
// order counts.
type Assignments struct{ list []assignment }

type assignment struct {
	target
	value value
}

// UnmarshalNode implements [conf.NodeUnmarshaler].
func (a *Assignments) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	if n.Kind != conf.Map {
		p.Errorf(n, "set: want places and their values, as in body.state: body.status")
		return
	}
	a.list = nil
	for _, f := range n.Fields {
		if one, ok := readAssignment(f, p); ok {
			a.list = append(a.list, one)
		}
	}
}

// Shape says what assignments are read from.
func (Assignments) Shape() conf.Shape {
	return conf.MapOf(conf.Shape{Word: "expression or constant"})
}

func readAssignment(f conf.Field, p *conf.Problems) (a assignment, ok bool) {
	var err error
	if a.target, err = parseTarget(f.Key); err != nil {
		problem := p.Errorf(f.Key, "set %s: %v", f.Key.Raw, err)
		if near := conf.Nearest(f.Key.Value, []string{"id", "key", "type", "time", "body", "meta"}); near != "" {
			problem.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		return a, false
	}
	if a.value, ok = readValue(f.Value, p); !ok {
		return a, false
	}
	if _, isIdentity := identity[a.text]; isIdentity && a.value.constant != nil {
		err = a.put(pipeline.NewEvent("", nil), a.value.constant)
	}
	if err != nil {
		p.Errorf(f.Value, "%v", err)
	}
	return a, err == nil
}

// apply finds all values before it sets the first.
func (a *Assignments) apply(e *pipeline.Event) error {
	values := make([][]byte, len(a.list))
	for i := range a.list {
		var err error
		if values[i], err = a.list[i].value.of(e); err != nil {
			return fmt.Errorf("set %s: %w", a.list[i].text, err)
		}
	}
	for i := range a.list {
		if err := a.list[i].put(e, values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *Assignments) has(name string) bool {
	return slices.ContainsFunc(a.list, func(one assignment) bool { return one.text == name })
}

func putField(path pipeline.Path) func(*pipeline.Event, []byte) error {
	return func(e *pipeline.Event, value []byte) error { return e.Set(path, json.RawMessage(value)) }
}
