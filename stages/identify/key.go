package identify

import (
	"errors"

	"github.com/leat-io/leat/pipeline"
)

// KeyRule is one way to find the key of an event.
type KeyRule struct {
	// The field or expression that gives it, or
	From pipeline.Expr `yaml:"from,short"`
	// the names of fields whose values joined by | are the key: a list of names,
	// or such a list for each type of event, as in
	// {ORDER_CHANGE: [SellerId, AmazonOrderId], REPORT: reportId}. A name is
	// looked for anywhere in the payload, in either casing. The field with the
	// fewest objects and lists around it counts, then the one that comes first.
	// Null, an object or a list is no value. What is missing is empty, and if all
	// are, the rule gives nothing.
	Find Names `yaml:"find"`
	// The field in which the names are looked for, if not in the whole payload.
	In pipeline.Path `yaml:"in"`
	// The condition under which the rule counts; id and type are those found here.
	When pipeline.Expr `yaml:"when"`
}

// Validate reports a rule that cannot be followed.
func (r KeyRule) Validate() error {
	switch {
	case r.From.IsZero() == r.Find.IsZero():
		return errors.New("a rule for the key has either an expression (from) or names of fields (find)")
	case r.Find.IsZero() && !r.In.IsZero():
		return pipeline.FieldError("in", "is where find looks, and there is no find")
	}
	return condition(r.When)
}

// readKey tries the rules in turn.
func (found *identity) readKey(e *pipeline.Event, rules []KeyRule) error {
	key := ""
	for i := range rules {
		ok, err := found.holds(&rules[i].When, e)
		if err == nil && ok {
			key, err = rules[i].key(e, found.kind)
		}
		if err != nil {
			return err
		}
		if key != "" {
			break
		}
	}
	if len(rules) > 0 {
		found.key = key
	}
	return nil
}

// key returns the key of an event of the given type, or "".
func (r *KeyRule) key(e *pipeline.Event, kind string) (string, error) {
	if r.Find.IsZero() {
		return r.From.TextOrNone(e)
	}
	names, ok := r.Find.of(kind)
	if !ok {
		return "", nil
	}
	raw, err := e.Raw(r.In)
	if err != nil || raw == nil {
		return "", err
	}
	return joinFound(names, raw), nil
}
