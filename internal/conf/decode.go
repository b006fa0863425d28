package conf

import (
	"fmt"
	"reflect"
)

// NodeUnmarshaler reads itself from a node, for what a struct cannot say. What
// is wrong goes into p.
type NodeUnmarshaler interface {
	UnmarshalNode(n *Node, p *Problems)
}

// Decode fills what into points to from n and adds every mismatch to p. It
// returns false if anything was wrong; into then holds what could be read. A nil
// n is the tree of a file that could not be read: nothing is done, and the
// answer is false.
//
// What into holds already are the defaults. A setting that is absent or null
// keeps its default, except that a *Node or Node is given the null. A struct is
// filled setting by setting, while lists and maps replace theirs. See [Setting]
// for the tags.
//
// Durations, [Size], [Range] and [Secret] are read from text, as are types with
// UnmarshalText. Types with UnmarshalNode read themselves, *Node and Node keep
// the node, and any becomes what [Node.Any] returns.
func Decode(n *Node, into any, p *Problems) bool {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		panic(fmt.Sprintf("conf: Decode needs a pointer to fill, not a %T", into))
	}
	if n == nil {
		return false
	}
	d := &decoder{p: p}
	d.value(n, target.Elem())
	return d.wrong == 0
}

type decoder struct {
	p     *Problems
	wrong int
}

// want reports that n is not what its setting takes.
func (d *decoder) want(n *Node, what string) *Problem {
	return d.problem(n, label(n)+"want "+what+", got "+got(n))
}

func (d *decoder) problem(n *Node, msg string) *Problem {
	d.wrong++
	return d.p.add(n, msg)
}

var (
	nodeType        = reflect.TypeFor[Node]()
	nodePointerType = reflect.TypeFor[*Node]()
)

// value fills v from n. Types that say themselves how they are read come first,
// then the kinds of Go.
func (d *decoder) value(n *Node, v reflect.Value) {
	switch v.Type() {
	case nodePointerType:
		v.Set(reflect.ValueOf(n))
		return
	case nodeType:
		v.Set(reflect.ValueOf(*n))
		return
	}
	if n.broken {
		d.wrong++
		return
	}
	if v.Kind() == reflect.Pointer {
		d.pointer(n, v)
		return
	}
	if d.byItself(n, v) {
		return
	}
	d.kind(n, v)
}

// pointer decodes into a copy of what v points to: a default may be shared. An
// empty item or map value makes a struct with its defaults, like one that is not
// behind a pointer.
func (d *decoder) pointer(n *Node, v reflect.Value) {
	if n.Kind == Null && v.Type().Elem().Kind() != reflect.Struct {
		return
	}
	fresh := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	d.value(n, fresh.Elem())
	v.Set(fresh)
}

// byItself lets types that know how fill themselves, and reports whether v is
// one.
func (d *decoder) byItself(n *Node, v reflect.Value) bool {
	if u, ok := v.Addr().Interface().(NodeUnmarshaler); ok {
		before := len(d.p.list)
		u.UnmarshalNode(n, d.p)
		if hasError(d.p.list[before:]) || n.isBroken() {
			d.wrong++
		}
		return true
	}
	return d.text(n, v)
}

func hasError(list []*Problem) bool {
	added := Problems{list: list}
	return added.HasErrors()
}

func (d *decoder) kind(n *Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v, false)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Interface:
		if v.NumMethod() > 0 {
			panic("conf: cannot decode into the interface " + v.Type().String())
		}
		d.any(n, v)
	default:
		d.scalar(n, v)
	}
}
