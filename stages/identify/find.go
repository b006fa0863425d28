package identify

import (
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
)

// Names are names of fields, the same for all events or others for each type.
type Names struct {
	all    rawjson.Names
	byType map[string]rawjson.Names
}

// UnmarshalNode implements [conf.NodeUnmarshaler].
func (n *Names) UnmarshalNode(node *conf.Node, p *conf.Problems) {
	if node.Kind != conf.Map {
		n.all = readNames(node, p)
		return
	}
	if len(node.Fields) == 0 {
		p.Errorf(node, "find: want names of fields, or a list of them for each type")
	}
	n.byType = make(map[string]rawjson.Names, len(node.Fields))
	for _, f := range node.Fields {
		n.byType[f.Key.Value] = readNames(f.Value, p)
	}
}

// Shape says what names are read from.
func (Names) Shape() conf.Shape {
	list := conf.OneOrMore(conf.Shape{Word: "name of a field"})
	return conf.Shape{Form: conf.FormEither, Word: "names of fields, or such by type", Either: append(list.Either, conf.MapOf(list))}
}

// readNames reads one name or a list of them.
func readNames(node *conf.Node, p *conf.Problems) rawjson.Names {
	var list struct {
		// The names of fields.
		Names []string `yaml:"names,short,one"`
	}
	if node.Kind == conf.Map {
		p.Errorf(node, "%s: want the name of a field, or a list of names", node.Name())
		return rawjson.Names{}
	}
	if !conf.Decode(node, &list, p) {
		return rawjson.Names{}
	}
	for _, name := range list.Names {
		if name == "" {
			p.Errorf(node, "%s: the name of a field is empty", node.Name())
		}
	}
	if len(list.Names) == 0 {
		p.Errorf(node, "%s: want the name of a field, or a list of names", node.Name())
	}
	return rawjson.NewNames(list.Names...)
}

// IsZero reports whether no names were given.
func (n *Names) IsZero() bool { return n.all.Len() == 0 && n.byType == nil }

// of returns the names for an event of the given type, if there are any.
func (n *Names) of(kind string) (rawjson.Names, bool) {
	if n.byType == nil {
		return n.all, true
	}
	names, ok := n.byType[kind]
	return names, ok
}

// joinFound joins the values of the names in a JSON text, or returns "" if there
// are none.
func joinFound(names rawjson.Names, raw []byte) string {
	var foundSpace [8][]byte
	var keySpace [128]byte
	key, something := keySpace[:0], false
	for i, value := range names.Find(foundSpace[:0], raw) {
		if i > 0 {
			key = append(key, '|')
		}
		before := len(key)
		if value != nil {
			key = rawjson.AppendText(key, value)
		}
		something = something || len(key) > before
	}
	if !something {
		return ""
	}
	return string(key)
}
