package pipeline

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/expr-lang/expr/vm"
	"github.com/leat-io/leat/internal/rawjson"
)

// Expr is an expression over an event, such as
//
//	body.eventType.apiKey in ["103", "104"] && meta["sns.shopId"] == "1"
//
// It may use body, meta, id, key, type and time, and the functions of
// github.com/expr-lang/expr. A field that is missing is null.
//
// Fields of the body are read from the payload's bytes; conditions that only
// compare fields with strings, and expressions that only name a field, need
// nothing else.
type Expr struct {
	text    string
	written string                     // text as it stands in the file, where it came from one
	path    *Path                      // it only names a field
	test    func(*Event) (bool, error) // it only compares fields with strings
	program *vm.Program
	paths   []Path // the fields it reads
	against []comparison
	lookups []string // the metadata it reads
	allMeta bool     // it uses meta as a whole
	fold    bool     // names of fields match in either casing
	pool    *sync.Pool
}

// ParseExpr compiles an expression. The error shows the place with a caret.
func ParseExpr(text string) (*Expr, error) {
	x := &Expr{text: text}
	return x, x.compile()
}

// String returns the expression as it was written.
func (x *Expr) String() string {
	if x.written != "" {
		return x.written
	}
	return x.text
}

// IsZero reports whether there is no expression.
func (x *Expr) IsZero() bool { return x == nil || x.text == "" }

// Condition returns an error when the expression can never be true or false.
func (x *Expr) Condition() error {
	if x.IsZero() || x.program == nil {
		return nil
	}
	switch t := x.program.Node().Type(); {
	case t == nil || t.Kind() == reflect.Interface || t.Kind() == reflect.Bool:
		return nil
	default:
		return fmt.Errorf("want a condition, which is true or false; its value is of type %s", t.Kind())
	}
}

// Eval returns the expression's value for an event: nil, a bool, string, number,
// time, list or map. An error is permanent and names the expression and the
// fields that were missing.
func (x *Expr) Eval(e *Event) (any, error) {
	if x.path != nil {
		return e.Get(*x.path)
	}
	if len(x.paths) > 0 {
		if err := x.readable(e); err != nil {
			return nil, err
		}
	}
	ev := x.pool.Get().(*evaluator)
	defer x.pool.Put(ev)
	v, err := ev.run(x, e)
	if err != nil {
		return nil, Reject(x.explain(e, err))
	}
	if t, ok := v.(time.Time); ok && t.IsZero() {
		return nil, nil // the event has no time
	}
	return v, nil
}

// readable makes sure that fields can be read.
func (x *Expr) readable(e *Event) error {
	if e.payload.decoded {
		return nil
	}
	return e.CheckJSON(MaxDepth)
}

// Bool evaluates a condition. Anything but true or false is an error.
func (x *Expr) Bool(e *Event) (bool, error) {
	if x.test != nil {
		return x.test(e)
	}
	v, err := x.Eval(e)
	if err != nil {
		return false, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, Reject(x.explain(e, fmt.Errorf("want true or false, got %s", describe(v))))
	}
	return b, nil
}

// Text evaluates to text: strings as they are, numbers as they are spelt. The
// second result is false when the value is null.
func (x *Expr) Text(e *Event) (string, bool, error) {
	if x.path != nil {
		return e.Text(*x.path)
	}
	v, err := x.Eval(e)
	if err != nil || v == nil {
		return "", false, err
	}
	s, err := textOf(v)
	return s, err == nil, err
}

// TextOrNone is [Expr.Text] for a name that an event may lack: it is "" when the
// value is null, the expression fails because a field it reads is, or there is no
// expression.
func (x *Expr) TextOrNone(e *Event) (string, error) {
	if x.IsZero() {
		return "", nil
	}
	text, _, err := x.Text(e)
	if err != nil && x.metNull(e) {
		return "", nil
	}
	return text, err
}

// Holds evaluates a condition on what an event may lack: it does not hold when the
// expression is null, or fails, because a field that it reads is. Without an
// expression it always holds.
func (x *Expr) Holds(e *Event) (bool, error) {
	if x.IsZero() {
		return true, nil
	}
	ok, err := x.Bool(e)
	if err != nil && x.metNull(e) {
		return false, nil
	}
	return ok, err
}

// EachText calls visit with [Expr.Text] of each item of a list in turn, without
// those that are null. A value that is no list is its only item. An expression that
// fails because a field it reads is null gives nothing.
func (x *Expr) EachText(e *Event, visit func(text string)) error {
	if x.path != nil {
		raw, err := e.Raw(*x.path)
		eachText(raw, visit)
		return err
	}
	v, err := x.Eval(e)
	if err != nil && x.metNull(e) {
		return nil
	}
	if err != nil || v == nil {
		return err
	}
	items, isList := v.([]any)
	if !isList {
		items = []any{v}
	}
	for _, item := range items {
		if item == nil {
			continue
		}
		text, err := textOf(item)
		if err != nil {
			return err
		}
		visit(text)
	}
	return nil
}

// eachText is [Expr.EachText] for a field that is there or nil.
func eachText(raw []byte, visit func(text string)) {
	switch rawjson.KindOf(raw) {
	case rawjson.Invalid, rawjson.Null:
	case rawjson.Array:
		for item := range rawjson.Elements(raw) {
			if rawjson.KindOf(item) != rawjson.Null {
				visit(rawjson.Text(item))
			}
		}
	default:
		visit(rawjson.Text(raw))
	}
}

// textOf spells a value.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case time.Time:
		return v.Format(time.RFC3339Nano), nil
	}
	raw, err := rawjson.Append(nil, v)
	if err != nil {
		return "", Reject(err)
	}
	return string(raw), nil
}
