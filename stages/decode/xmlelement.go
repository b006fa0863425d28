package decode

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
)

// element is an XML element on its way to a value.
type element struct {
	name   string
	fields map[string]any // nil as long as there is only text
	text   []byte
}

// attributes adds all but the declarations of namespaces.
func (e *element) attributes(list []xml.Attr) error {
	seen := make(map[xml.Name]bool, len(list))
	for _, a := range list {
		if seen[a.Name] {
			return fmt.Errorf("<%s> has the attribute %s twice", e.name, a.Name.Local)
		}
		seen[a.Name] = true
		if a.Name.Space != "xmlns" && a.Name != (xml.Name{Local: "xmlns"}) {
			e.add("@"+a.Name.Local, a.Value, false)
		}
	}
	return nil
}

// add adds a field. The second of a name makes a list of both: the values
// themselves are never lists.
func (e *element) add(name string, value any, list bool) {
	if e.fields == nil {
		e.fields = map[string]any{}
	}
	switch before := e.fields[name].(type) {
	case nil:
		if list {
			value = []any{value}
		}
		e.fields[name] = value
	case []any:
		e.fields[name] = append(before, value)
	default:
		e.fields[name] = []any{before, value}
	}
}

// value returns what the element stands for.
func (e *element) value() any {
	text := string(bytes.Trim(e.text, xmlSpace))
	if e.fields == nil {
		return text
	}
	if text != "" {
		e.fields["#text"] = text
	}
	return e.fields
}

func (r *xmlReader) isList(name string) bool { return slices.Contains(r.lists, name) }
