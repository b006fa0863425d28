package pipeline

import (
	"encoding/json"
	"strconv"

	"github.com/expr-lang/expr/ast"
	"github.com/leat-io/leat/internal/rawjson"
)

// comparison is a field that an expression compares with constants of one kind. With a
// value of another kind it comes out the same for all events.
type comparison struct {
	path     Path
	operator string
	kind     rawjson.Kind
	constant string // as it is written; of a list, its first
}

// comparisons finds those in a tree.
func (f fieldTests) comparisons(tree ast.Node) []comparison {
	c := &comparing{f: f}
	ast.Walk(&tree, c)
	return c.found
}

type comparing struct {
	f     fieldTests
	found []comparison
}

// Visit implements [ast.Visitor].
func (c *comparing) Visit(node *ast.Node) {
	n, ok := (*node).(*ast.BinaryNode)
	if !ok {
		return
	}
	switch n.Operator {
	case "==", "!=", "<", "<=", ">", ">=":
		if !c.compare(n.Left, n.Right, n.Operator) {
			c.compare(n.Right, n.Left, n.Operator)
		}
	case "in":
		if list, ok := n.Right.(*ast.ArrayNode); ok && sameKind(list.Nodes) {
			c.compare(n.Left, list.Nodes[0], n.Operator)
		}
	}
}

func (c *comparing) compare(field, constant ast.Node, operator string) bool {
	p, isPath := c.f.pathOf(field)
	kind, text := constantOf(constant)
	if !isPath || kind == rawjson.Invalid {
		return false
	}
	c.found = append(c.found, comparison{p, operator, kind, text})
	return true
}

func sameKind(list []ast.Node) bool {
	if len(list) == 0 {
		return false
	}
	first, _ := constantOf(list[0])
	for _, n := range list {
		if kind, _ := constantOf(n); kind != first {
			return false
		}
	}
	return true
}

// constantOf returns the kind of a constant and how it is written; Invalid for what is
// none, or null.
func constantOf(n ast.Node) (rawjson.Kind, string) {
	switch n := n.(type) {
	case *ast.StringNode:
		text, _ := json.Marshal(n.Value) // text always can
		return rawjson.String, string(text)
	case *ast.IntegerNode:
		return rawjson.Number, strconv.Itoa(n.Value)
	case *ast.FloatNode:
		return rawjson.Number, strconv.FormatFloat(n.Value, 'g', -1, 64)
	case *ast.BoolNode:
		return rawjson.Bool, strconv.FormatBool(n.Value)
	case *ast.UnaryNode:
		if kind, text := constantOf(n.Node); kind == rawjson.Number && n.Operator == "-" {
			return kind, "-" + text
		}
	}
	return rawjson.Invalid, ""
}
