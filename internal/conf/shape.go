package conf

import (
	"reflect"
	"slices"
)

// Shape is what a value looks like in a file: for manuals, schemas and whatever else
// describes settings without reading any.
type Shape struct {
	Form Form
	// Word is what people call the value, such as "expression", where its form alone
	// does not say it.
	Word string
	// Values are the only texts that are possible; empty: any.
	Values []string
	// Pattern is a regular expression that the texts match; empty: any.
	Pattern string
	// Item is the shape of the items of a list and of the values of a map.
	Item *Shape
	// Either are the shapes of which a value has one, if Form is FormEither.
	Either []Shape
	// Type has the settings, if Form is FormStruct.
	Type reflect.Type
	// Secret is not to be printed.
	Secret bool
}

// Form is the form of a [Shape].
type Form int

// The forms. Text is any scalar; of an unquoted number it has the digits.
const (
	FormText Form = iota
	FormBool
	FormWhole
	FormNumber
	FormDuration
	FormSize
	FormRange
	FormList
	FormMap    // names that the user chooses
	FormStruct // names that are declared
	FormEither
	FormAny
)

// Shaper is implemented by types that read themselves, to say what from.
type Shaper interface{ Shape() Shape }

// Shape returns what the values of a setting look like.
func (s Setting) Shape() Shape {
	shape := ShapeOf(s.Type)
	if len(s.Values) > 0 {
		shape.Values = s.Values
	}
	if s.One && shape.Form == FormList {
		return Shape{Form: FormEither, Either: []Shape{*shape.Item, shape}}
	}
	return shape
}

// ShapeOf returns what values of a type look like.
func ShapeOf(t reflect.Type) Shape {
	if t == nodeType || t == nodePointerType {
		return Shape{Form: FormAny}
	}
	if t.Kind() == reflect.Pointer {
		return ShapeOf(t.Elem())
	}
	if s, ok := reflect.New(t).Interface().(Shaper); ok {
		return s.Shape()
	}
	if form, ok := measures[t]; ok {
		return Shape{Form: form}
	}
	if isText(t) {
		return scalarShape(t)
	}
	return composedShape(t)
}

var measures = map[reflect.Type]Form{durationType: FormDuration, sizeType: FormSize, rangeType: FormRange}

func scalarShape(t reflect.Type) Shape {
	if reflect.PointerTo(t).Implements(textType) {
		return Shape{}
	}
	switch v := reflect.Zero(t); {
	case t.Kind() == reflect.Bool:
		return Shape{Form: FormBool}
	case v.CanInt() || v.CanUint():
		return Shape{Form: FormWhole}
	case v.CanFloat():
		return Shape{Form: FormNumber}
	}
	return Shape{Secret: t == secretType}
}

func composedShape(t reflect.Type) Shape {
	switch t.Kind() {
	case reflect.Slice:
		item := ShapeOf(t.Elem())
		return Shape{Form: FormList, Item: &item}
	case reflect.Map:
		item := ShapeOf(t.Elem())
		return Shape{Form: FormMap, Item: &item}
	case reflect.Struct:
		return Shape{Form: FormStruct, Type: t}
	}
	return Shape{Form: FormAny}
}

// ListOf is a list of values of a shape.
func ListOf(item Shape) Shape { return Shape{Form: FormList, Item: &item} }

// OneOrMore is a value of a shape, or a list of such.
func OneOrMore(item Shape) Shape {
	return Shape{Form: FormEither, Either: []Shape{item, ListOf(item)}}
}

// MapOf is a map to values of a shape.
func MapOf(item Shape) Shape { return Shape{Form: FormMap, Item: &item} }

// ShortShape returns the shape of the setting that may stand for the whole of a
// struct, if there is one.
func ShortShape(t reflect.Type) (Shape, bool) {
	s, ok := findSetting(Settings(t), func(s Setting) bool { return s.Short })
	if !ok {
		return Shape{}, false
	}
	others := slices.ContainsFunc(Settings(t), func(o Setting) bool { return o.Required && !o.Short })
	return s.Shape(), !others
}
