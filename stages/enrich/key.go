package enrich

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// key is one column that must match.
type key struct {
	column string
	value  *pipeline.Expr
}

// keysOf puts the columns in the order in which their texts are joined.
func keysOf(on map[string]pipeline.Expr) []key {
	keys := make([]key, 0, len(on))
	for _, column := range slices.Sorted(maps.Keys(on)) {
		value := on[column]
		keys = append(keys, key{column, &value})
	}
	return keys
}

// join appends the texts that an event is looked up by. The second result is
// false when one of them is null.
func join(dst []byte, keys []key, e *pipeline.Event) ([]byte, bool, error) {
	for i := range keys {
		text, ok, err := keys[i].value.Text(e)
		if err != nil {
			return nil, false, fmt.Errorf("look up %s: %w", keys[i].column, err)
		}
		if !ok {
			return nil, false, nil
		}
		dst = appendPart(dst, text)
	}
	return dst, true, nil
}

// appendPart writes the length in front, so that different texts never join to
// the same key.
func appendPart(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// describe says what was looked for.
func describe(keys []key, e *pipeline.Event) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		text, ok, err := k.value.Text(e)
		parts[i] = k.column + " = " + quote(text)
		if !ok || err != nil {
			parts[i] = k.column + " = null"
		}
	}
	return strings.Join(parts, ", ")
}

func quote(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return strconv.Quote(text)
}
