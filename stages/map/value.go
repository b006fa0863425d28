package mapstage

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// value is what set gives to a place: one of these.
type value struct {
	constant []byte // JSON
	field    *pipeline.Path
	expr     *pipeline.Expr
}

// readValue tells constants from expressions by how they are written in YAML.
func readValue(n *conf.Node, p *conf.Problems) (value, bool) {
	if n.Kind == conf.Map || n.Kind == conf.List {
		p.Errorf(n, "set %s: want an expression or a constant, got %s", n.Name(), n.Kind).
			Hint = `write it as an expression: '["a", "b"]' or '{"a": body.b}'`
		return value{}, false
	}
	constant := n.Any()
	text, isText := constant.(string)
	if !isText {
		raw, err := rawjson.Append(nil, constant)
		return value{constant: raw}, err == nil
	}
	x, err := pipeline.ParseExpr(text)
	if err != nil {
		p.Errorf(n, "set %s: %v", n.Name(), err).Hint = `text is written in two kinds of quotes: '"text"'`
		return value{}, false
	}
	// Decoded from its place, it is printed as it stands there: a ${VAR} in it may
	// be a secret.
	return value{expr: x, field: fieldOf(text, n.Fold)}, conf.Decode(n, x, p)
}

// fieldOf returns the field that an expression takes over as it is, or nil. A
// minus is part of a name in a path, but not in an expression.
func fieldOf(text string, fold bool) *pipeline.Path {
	path, err := pipeline.ParsePath(text)
	if err != nil || strings.Contains(text, "-") {
		return nil
	}
	if fold {
		path.FoldCase()
	}
	return &path
}

// of returns the value for an event as JSON.
func (v *value) of(e *pipeline.Event) ([]byte, error) {
	switch {
	case v.constant != nil:
		return v.constant, nil
	case v.field != nil:
		raw, err := e.Raw(*v.field)
		if raw == nil {
			raw = []byte("null")
		}
		return raw, err
	}
	result, err := v.expr.Eval(e)
	if err != nil {
		return nil, err
	}
	raw, err := rawjson.Append(nil, result)
	if err != nil {
		return nil, fmt.Errorf("expression %s: %w", v.expr, err)
	}
	return raw, nil
}
