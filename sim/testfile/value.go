package testfile

import (
	"bytes"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
)

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// jsonOf writes a value as JSON, fields in the order of the file and numbers as they are
// written.
func jsonOf(n *conf.Node) []byte { return appendJSON(nil, n) }

func appendJSON(b []byte, n *conf.Node) []byte {
	switch {
	case n.Kind == conf.Null:
		return append(b, "null"...)
	case n.Kind == conf.Map:
		b = append(b, '{')
		for i, f := range n.Fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(rawjson.AppendString(b, f.Key.Value), ':')
			b = appendJSON(b, f.Value)
		}
		return append(b, '}')
	case n.Kind == conf.List:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case n.Plain && (n.Value == "true" || n.Value == "false" || number.MatchString(n.Value)):
		return append(b, n.Value...)
	}
	return rawjson.AppendString(b, n.Value)
}

// decoded is the value of a JSON text; ok is false if it is none.
func decoded(text []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return nil, false
	}
	return v, true
}

// sameNumber compares numbers by their values, however long they are.
func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	if strings.ContainsAny(string(a+b), "eE") { // written out they may be endless
		x, errX := a.Float64()
		y, errY := b.Float64()
		return errX == nil && errY == nil && x == y
	}
	x, okX := new(big.Rat).SetString(string(a))
	y, okY := new(big.Rat).SetString(string(b))
	return okX && okY && x.Cmp(y) == 0
}
