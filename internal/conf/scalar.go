package conf

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"time"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
	rangeType    = reflect.TypeFor[Range]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	secretType   = reflect.TypeFor[Secret]()
)

// isText reports whether t is read from the text of a scalar.
func isText(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textType) {
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Interface, reflect.Pointer:
		return false
	}
	return true
}

// text fills types that are read from text in a way of their own, and reports
// whether v is one.
func (d *decoder) text(n *Node, v reflect.Value) bool {
	u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	own := v.Type() == durationType || v.Type() == sizeType || v.Type() == rangeType
	switch {
	case !ok && !own:
		return false
	case n.Kind == Null:
	case own:
		d.measure(n, v)
	case n.Kind != Scalar:
		d.want(n, "text")
	default:
		if err := u.UnmarshalText([]byte(n.Value)); err != nil {
			d.problem(n, label(n)+scrubParts(n, err.Error()))
		} else {
			fold(n, v)
		}
	}
	return true
}

func (d *decoder) scalar(n *Node, v reflect.Value) {
	if n.Kind == Null {
		return
	}
	switch {
	case v.Kind() == reflect.String:
		d.string(n, v)
	case v.Kind() == reflect.Bool:
		d.bool(n, v)
	case v.CanInt():
		d.int(n, v)
	case v.CanUint():
		d.uint(n, v)
	case v.CanFloat():
		d.float(n, v)
	default:
		panic("conf: a setting cannot be of the type " + v.Type().String())
	}
}

func (d *decoder) string(n *Node, v reflect.Value) {
	if n.Kind != Scalar {
		d.want(n, "text")
		return
	}
	n.secret = n.secret || v.Type() == secretType
	v.SetString(n.Value)
}

func (d *decoder) bool(n *Node, v reflect.Value) {
	if n.Kind == Scalar && (n.Value == "true" || n.Value == "false") {
		v.SetBool(n.Value == "true")
		return
	}
	problem := d.want(n, "true or false")
	if n.Kind == Scalar && n.Value == n.Raw {
		problem.Hint = boolHint(strings.ToLower(n.Value))
	}
}

func boolHint(value string) string {
	switch value {
	case "yes", "on", "y", "1", "true":
		return "write true"
	case "no", "off", "n", "0", "false":
		return "write false"
	}
	return ""
}

func (d *decoder) int(n *Node, v reflect.Value) {
	number, err := strconv.ParseInt(n.Value, 10, v.Type().Bits())
	if d.numberOK(n, err, "a whole number") {
		v.SetInt(number)
	}
}

func (d *decoder) uint(n *Node, v reflect.Value) {
	number, err := strconv.ParseUint(n.Value, 10, v.Type().Bits())
	if d.numberOK(n, err, "a whole number that is not negative") {
		v.SetUint(number)
	}
}

func (d *decoder) float(n *Node, v reflect.Value) {
	number, err := strconv.ParseFloat(n.Value, v.Type().Bits())
	if strings.Trim(n.Value, "+-.0123456789eE") != "" {
		err = strconv.ErrSyntax // NaN, infinity and hexadecimal
	}
	if d.numberOK(n, err, "a number") {
		v.SetFloat(number)
	}
}
