package pipeline

import (
	"errors"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/leat-io/leat/internal/conf"
)

// UnmarshalText implements [encoding.TextUnmarshaler].
func (x *Expr) UnmarshalText(b []byte) error {
	*x = Expr{text: string(b)}
	return x.compile()
}

// UnmarshalNode implements the decoding of settings. It keeps how the expression
// stands in the file, because a ${VAR} in it may be a secret.
func (x *Expr) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	var text string
	if n.Kind == conf.Null || !conf.Decode(n, &text, p) {
		return
	}
	*x = Expr{text: text, written: n.Raw, fold: n.Fold}
	if err := x.compile(); err != nil {
		reportExpr(n, err, p)
	}
}

// reportExpr reports an expression that does not compile at the place in it where
// that shows, as far as that can be told.
func reportExpr(n *conf.Node, err error, p *conf.Problems) {
	label, at, why := "", n, err.Error()
	if n.Name() != "" {
		label = n.Name() + ": "
	}
	var placed *file.Error
	if errors.As(err, &placed) {
		why = strings.Replace(placed.Message, "unexpected token EOF", "the expression ends too early", 1)
		if lines := strings.Split(n.Value, "\n"); n.Value == n.Raw && len(lines) == 1 {
			runes := []rune(n.Value)
			at = n.At(len(string(runes[:min(max(placed.Column, 0), len(runes))])))
		}
	}
	problem := p.Errorf(at, "%s%s", label, why)
	if name, ok := strings.CutPrefix(why, "unknown name "); ok {
		suggest(problem, name, []string{"body", "meta", "id", "key", "type", "time"})
	}
}

// Shape says what an expression is read from.
func (Expr) Shape() conf.Shape { return conf.Shape{Word: "expression"} }
