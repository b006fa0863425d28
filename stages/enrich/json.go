package enrich

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/leat-io/leat/internal/rawjson"
)

// keyColumn is the column that holds the keys of an object of objects.
const keyColumn = "_key"

const maxDepth = 64

// readJSON reads a list of objects or an object of objects.
func (r *tableReader) readJSON(data []byte) error {
	if err := rawjson.Check(data, maxDepth); err != nil {
		return err
	}
	found := make([]bool, len(r.on))
	err := r.rowsOf(data, found)
	if err != nil || r.count == 0 {
		return err
	}
	if i := slices.Index(found, false); i >= 0 {
		return noColumn(r.on[i], columnsOf(data))
	}
	return nil
}

func (r *tableReader) rowsOf(data []byte, found []bool) error {
	switch rawjson.KindOf(data) {
	case rawjson.Array:
		for row := range rawjson.Elements(data) {
			if err := r.row(row, nil, "row "+strconv.Itoa(r.count+1), found); err != nil {
				return err
			}
		}
	case rawjson.Object:
		for name, row := range rawjson.Members(data) {
			if err := r.row(row, name, string(name), found); err != nil {
				return err
			}
		}
	default:
		return errors.New("want a list of objects, or an object of objects")
	}
	return nil
}

// row adds an object. name is its key, or nil; found notes the columns it has.
func (r *tableReader) row(row, name []byte, where string, found []bool) error {
	if err := r.next(); err != nil {
		return err
	}
	if rawjson.KindOf(row) != rawjson.Object {
		return fmt.Errorf("%s is not an object", where)
	}
	if key, complete := r.keyOf(row, name, found); complete {
		r.add(key, rawjson.Compact(nil, row), where)
	}
	return nil
}

// keyOf joins the texts of the columns. It is not complete when one of them is
// missing or null, which matches nothing.
func (r *tableReader) keyOf(row, name []byte, found []bool) (key []byte, complete bool) {
	var fields rawjson.Fields
	fields.Index(row)
	complete = true
	for i, column := range r.on {
		value, ok := fields.Get(column)
		if column == keyColumn && name != nil {
			value, ok = name, true
		}
		found[i] = found[i] || ok
		complete = complete && ok && rawjson.KindOf(value) != rawjson.Null
		key = appendPart(key, rawjson.Text(value))
	}
	return key, complete
}

// columnsOf names the columns of the first row, for a hint.
func columnsOf(data []byte) []string {
	columns := []string{}
	first := rawjson.NewPath(0)
	row, ok := first.Find(data)
	if !ok {
		columns = append(columns, keyColumn)
		for _, value := range rawjson.Members(data) {
			row = value
			break
		}
	}
	for name := range rawjson.Members(row) {
		columns = append(columns, rawjson.Text(name))
	}
	return columns
}
