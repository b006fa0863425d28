package pipeline

import (
	"errors"
	"fmt"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// compile finds out whether the expression needs more than reading fields, and
// compiles it for the general case.
func (x *Expr) compile() error {
	if x.text == "" {
		return errors.New("the expression is empty")
	}
	rewrite := &fieldReads{x: x, fields: map[ast.Node][]any{}}
	program, err := expr.Compile(x.text, expr.Env(exprEnv{}), expr.Patch(rewrite),
		expr.DisableBuiltin("string"), expr.Function("string", stringOf, new(func(any) string)),
		expr.Function("__member", memberOf, new(func(any, string) any)))
	if n := rewrite.internal; n != nil {
		e := &file.Error{Location: n.Location(), Message: "unknown name " + n.Value}
		return e.Bind(file.NewSource(x.text))
	}
	if err != nil {
		return err
	}
	x.program = program
	x.allMeta = rewrite.metaUses > rewrite.metaReads
	x.pool = &sync.Pool{New: func() any { return newEvaluator() }}
	if tree, err := parser.Parse(x.text); err == nil {
		reads := fieldTests{fold: x.fold}
		if p, ok := reads.pathOf(tree.Node); ok {
			x.path = &p
		}
		x.test = reads.of(tree.Node)
		x.against = reads.comparisons(tree.Node)
	}
	return nil
}

// stringOf refuses null, which expr's own function spells "<nil>": all events
// without a field would share one key.
func stringOf(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("string: want one argument, got %d", len(args))
	}
	if args[0] == nil {
		return nil, errors.New("string of null")
	}
	return textOf(args[0])
}

// fieldReads rewrites body.a.b into a read of that field, and meta["x"] into a
// lookup of that entry, so that neither has to exist as a map.
type fieldReads struct {
	x                   *Expr
	fields              map[ast.Node][]any // rewritten nodes, with the steps they read
	metaUses, metaReads int
	internal            *ast.IdentifierNode // names what only rewritten nodes may
}

// Visit implements [ast.Visitor]; it sees a node after its children.
func (r *fieldReads) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch n.Value {
		case "body":
			r.read(node, nil)
		case "meta":
			r.metaUses++
		case "$env", "__field", "__meta", "__member":
			r.internal = n
		}
	case *ast.MemberNode:
		r.member(node, n)
	case *ast.ChainNode:
		if steps, ok := r.fields[n.Node]; ok {
			r.read(node, steps)
		}
	case *ast.BinaryNode:
		if texts, ok := textsOf(n.Right); ok && n.Operator == "in" {
			// As a list and not as the map that expr makes of it, in which it
			// cannot look up what is no string.
			n.Right = &ast.ConstantNode{Value: texts}
		}
	}
}

func (r *fieldReads) member(node *ast.Node, n *ast.MemberNode) {
	step := stepOf(n.Property)
	if step == nil || n.Method {
		return
	}
	if steps, ok := r.fields[n.Node]; ok {
		r.read(node, append(steps[:len(steps):len(steps)], step))
		return
	}
	if id, ok := n.Node.(*ast.IdentifierNode); ok && id.Value == "meta" {
		if name, ok := step.(string); ok {
			r.metaReads++
			r.x.lookups = append(r.x.lookups, name)
			ast.Patch(node, call("__meta", &ast.StringNode{Value: name}))
		}
		return
	}
	if name, ok := step.(string); ok && r.x.fold {
		ast.Patch(node, call("__member", n.Node, &ast.StringNode{Value: name}))
		return
	}
	// As in a field of the body, what a null has is null: x.y is read as x?.y.
	n.Optional = true
	ast.Patch(node, &ast.ChainNode{Node: n})
}

// memberOf reads a member of a value in either casing, where that is no field of
// the body: in the items of a list, as in map(body.events, .name).
func memberOf(args ...any) (any, error) {
	switch object := args[0].(type) {
	case nil:
		return nil, nil
	case map[string]any:
		name := args[1].(string)
		if v, there := object[name]; there {
			return v, nil
		}
		v, _ := foldedMember(object, name)
		return v, nil
	}
	return nil, fmt.Errorf("%s has no member %s", describe(args[0]), args[1])
}

// read replaces node by a read of the field at steps.
func (r *fieldReads) read(node *ast.Node, steps []any) {
	index := -1
	p := newPath(r.x.fold, steps...)
	for i, known := range r.x.paths {
		if known.String() == p.String() {
			index = i
		}
	}
	if index < 0 {
		index = len(r.x.paths)
		r.x.paths = append(r.x.paths, p)
	}
	ast.Patch(node, call("__field", &ast.IntegerNode{Value: index}))
	r.fields[*node] = steps
}

func call(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
}

// stepOf returns the step of a path that a constant property stands for.
func stepOf(n ast.Node) any {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.IntegerNode:
		if n.Value >= 0 {
			return n.Value
		}
	}
	return nil
}

// pathOf returns the path that an unchanged tree names, if it only names one.
func (f fieldTests) pathOf(n ast.Node) (Path, bool) {
	steps, ok := stepsOf(n)
	if !ok {
		return Path{}, false
	}
	return newPath(f.fold, steps...), true
}

func stepsOf(n ast.Node) ([]any, bool) {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return nil, n.Value == "body"
	case *ast.ChainNode:
		return stepsOf(n.Node)
	case *ast.MemberNode:
		steps, ok := stepsOf(n.Node)
		step := stepOf(n.Property)
		if !ok || step == nil || n.Method {
			return nil, false
		}
		return append(steps, step), true
	}
	return nil, false
}
