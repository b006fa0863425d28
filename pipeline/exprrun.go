package pipeline

import (
	"time"

	"github.com/expr-lang/expr/vm"
)

// evaluator runs one expression for one event at a time.
type evaluator struct {
	vm  vm.VM
	env exprEnv
	x   *Expr
	e   *Event
}

// exprEnv is what an expression can name.
type exprEnv struct {
	ID     string           `expr:"id"`
	Key    string           `expr:"key"`
	Type   string           `expr:"type"`
	Time   time.Time        `expr:"time"`
	Meta   map[string]any   `expr:"meta"` // any: what is missing is null, not ""
	Body   any              `expr:"body"`
	Field  func(...any) any `expr:"__field"`
	Lookup func(...any) any `expr:"__meta"`
}

func newEvaluator() *evaluator {
	ev := &evaluator{}
	ev.env.Field = func(args ...any) any {
		v, _ := ev.e.Get(ev.x.paths[args[0].(int)])
		return v
	}
	ev.env.Lookup = func(args ...any) any {
		if v, ok := ev.e.LookupMeta(args[0].(string)); ok {
			return v
		}
		return nil
	}
	return ev
}

func (ev *evaluator) run(x *Expr, e *Event) (any, error) {
	ev.x, ev.e = x, e
	env := &ev.env
	env.ID, env.Key, env.Type, env.Time = e.ID, e.Key, e.Type, e.Time
	if x.allMeta {
		env.Meta = map[string]any{}
		for k, v := range e.AllMeta() {
			env.Meta[k] = v
		}
	}
	defer func() { ev.e, env.Meta = nil, nil }()
	return ev.vm.Run(x.program, env)
}
