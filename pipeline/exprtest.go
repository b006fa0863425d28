package pipeline

import (
	"github.com/expr-lang/expr/ast"
	"github.com/leat-io/leat/internal/rawjson"
)

// fieldTests makes conditions of comparisons of fields, whose names match in either
// casing if fold says so.
type fieldTests struct{ fold bool }

// of returns a function for a condition that only compares fields with
// strings (==, !=, in, and these joined by &&, || and !), or nil. It decides as
// the general evaluation would, without a virtual machine.
func (f fieldTests) of(n ast.Node) func(*Event) (bool, error) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return f.not(n)
	case *ast.BinaryNode:
		switch n.Operator {
		case "==", "!=":
			return f.equal(n)
		case "in":
			return f.in(n)
		case "&&", "and", "||", "or":
			return f.join(n)
		}
	}
	return nil
}

func (f fieldTests) not(n *ast.UnaryNode) func(*Event) (bool, error) {
	inner := f.of(n.Node)
	if inner == nil || n.Operator != "!" && n.Operator != "not" {
		return nil
	}
	return func(e *Event) (bool, error) {
		ok, err := inner(e)
		return !ok, err
	}
}

func (f fieldTests) join(n *ast.BinaryNode) func(*Event) (bool, error) {
	left, right := f.of(n.Left), f.of(n.Right)
	if left == nil || right == nil {
		return nil
	}
	decides := n.Operator == "||" || n.Operator == "or" // the value that needs no right side
	return func(e *Event) (bool, error) {
		if ok, err := left(e); err != nil || ok == decides {
			return ok, err
		}
		return right(e)
	}
}

func (f fieldTests) equal(n *ast.BinaryNode) func(*Event) (bool, error) {
	field, value := n.Left, n.Right
	if _, ok := field.(*ast.StringNode); ok {
		field, value = value, field
	}
	p, isPath := f.pathOf(field)
	s, isString := value.(*ast.StringNode)
	if !isPath || !isString {
		return nil
	}
	equal := n.Operator == "=="
	return func(e *Event) (bool, error) {
		raw, err := e.Raw(p)
		if err != nil {
			return false, err
		}
		return isText(raw, s.Value) == equal, nil
	}
}

func (f fieldTests) in(n *ast.BinaryNode) func(*Event) (bool, error) {
	p, isPath := f.pathOf(n.Left)
	texts, isTexts := textsOf(n.Right)
	if !isPath || !isTexts {
		return nil
	}
	return func(e *Event) (bool, error) {
		raw, err := e.Raw(p)
		if err != nil {
			return false, err
		}
		for _, t := range texts {
			if isText(raw, t) {
				return true, nil
			}
		}
		return false, nil
	}
}

// textsOf returns the strings of a list that holds only those.
func textsOf(n ast.Node) (texts []string, ok bool) {
	list, ok := n.(*ast.ArrayNode)
	if !ok {
		return nil, false
	}
	for _, v := range list.Nodes {
		s, ok := v.(*ast.StringNode)
		if !ok {
			return nil, false
		}
		texts = append(texts, s.Value)
	}
	return texts, true
}

// isText reports whether raw is the JSON string s; another type is not equal.
func isText(raw []byte, s string) bool {
	return len(raw) > 0 && raw[0] == '"' && rawjson.EqualText(raw, s)
}
