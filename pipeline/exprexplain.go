package pipeline

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// explain adds to an error what the expression was and which fields it lacked.
func (x *Expr) explain(e *Event, err error) error {
	missing := x.missing(e)
	why := strings.TrimSpace(strings.SplitN(err.Error(), "\n", 2)[0])
	if len(missing) > 0 {
		why += "; missing or null: " + strings.Join(missing, ", ")
	}
	return fmt.Errorf("expression %s: %s", x, why)
}

func (x *Expr) missing(e *Event) (names []string) {
	for i, p := range x.paths {
		if v, err := e.Get(p); err == nil && v == nil && !x.isOnTheWay(i) {
			names = append(names, p.String())
		}
	}
	for _, name := range x.lookups {
		if _, ok := e.LookupMeta(name); !ok {
			names = append(names, fmt.Sprintf("meta[%q]", name))
		}
	}
	return names
}

// metNull reports whether a field or metadata that the expression reads is null.
func (x *Expr) metNull(e *Event) bool { return len(x.missing(e)) > 0 }

// isOnTheWay reports whether path i is only the way to another one.
func (x *Expr) isOnTheWay(i int) bool {
	for _, other := range x.paths {
		if rest, ok := strings.CutPrefix(other.String(), x.paths[i].String()); ok && rest != "" && (rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

func describe(v any) string {
	if v == nil {
		return "null"
	}
	raw, err := rawjson.Append(nil, v)
	if err != nil || len(raw) > 80 {
		return fmt.Sprintf("a %T", v)
	}
	return string(raw)
}
