package enrich

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Template is text with expressions in braces, as in station:{body.code}. A brace
// that is none of these is written twice.
type Template struct{ parts []part }

// part is a piece of a template: text as it is, or an expression.
type part struct {
	text string
	expr *pipeline.Expr // nil: text
}

// UnmarshalNode implements [conf.NodeUnmarshaler]. What is wrong with an expression
// is reported at its place in the text.
func (t *Template) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	var text string
	if n.Kind == conf.Null || !conf.Decode(n, &text, p) {
		return
	}
	pieces, err := cut(text)
	if err != nil {
		p.Errorf(n, "%s: %s", n.Name(), err)
		return
	}
	t.parts = nil
	for _, c := range pieces {
		if !c.isExpr {
			t.parts = append(t.parts, part{text: c.text})
			continue
		}
		x := new(pipeline.Expr)
		conf.Decode(inside(n, c), x, p)
		t.parts = append(t.parts, part{expr: x})
	}
}

// Shape says what a template is read from.
func (Template) Shape() conf.Shape { return conf.Shape{Word: "text with {expressions}"} }

// inside is the node of an expression in a template. One that does not stand in the
// file as it is has a ${VAR} in it, which may be a secret: it is shown as "…".
func inside(n *conf.Node, c piece) *conf.Node {
	at := *n
	if n.Value == n.Raw {
		at = *n.At(c.offset)
	}
	at.Value, at.Raw = c.text, c.text
	if !strings.Contains(n.Raw, c.text) {
		at.Raw = "…"
	}
	return &at
}

// IsZero reports whether there is no template.
func (t *Template) IsZero() bool { return len(t.parts) == 0 }

// append appends the text for an event; encode writes the values of expressions. The
// second result is false when one of them is null, or encode finds that with this
// value there is nothing to look up.
func (t *Template) append(dst []byte, e *pipeline.Event, encode func(dst []byte, value string) ([]byte, bool)) ([]byte, bool, error) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.expr == nil {
			dst = append(dst, p.text...)
			continue
		}
		value, ok, err := p.expr.Text(e)
		if err != nil || !ok {
			return nil, false, err
		}
		if dst, ok = encode(dst, value); !ok {
			return nil, false, nil
		}
		if len(dst) > maxKey {
			return nil, false, pipeline.Reject(errLong)
		}
	}
	return dst, true, nil
}

// maxKey is how long what is looked up may be. Longer URLs are refused by most
// servers.
const maxKey = 8 << 10

var errLong = fmt.Errorf("what is to be looked up is longer than %d KiB", maxKey>>10)

// describe says what the expressions give for an event.
func (t *Template) describe(e *pipeline.Event) string {
	var parts []string
	for _, p := range t.parts {
		if p.expr == nil {
			continue
		}
		value, ok, err := p.expr.Text(e)
		if !ok || err != nil {
			parts = append(parts, p.expr.String()+" = null")
			continue
		}
		parts = append(parts, p.expr.String()+" = "+quote(value))
	}
	return strings.Join(parts, ", ")
}
