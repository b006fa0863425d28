package enrich

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/rawjson"
)

// readCSV reads a file whose first line names the columns.
func (r *tableReader) readCSV(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("it is not UTF-8")
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.ReuseRecord = true
	columns, err := header(in)
	if err != nil {
		return err
	}
	at, err := r.columnsOf(columns)
	if err != nil {
		return err
	}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = r.next()
		}
		if err != nil {
			return inWords(err, len(columns))
		}
		line, _ := in.FieldPos(0)
		r.add(keyOf(fields, at), object(columns, fields), "on line "+strconv.Itoa(line))
	}
}

func header(in *csv.Reader) ([]string, error) {
	columns, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty: the first line names the columns")
	}
	if err != nil {
		return nil, err
	}
	columns = slices.Clone(columns)
	for i, name := range columns {
		if name == "" {
			return nil, fmt.Errorf("column %d has no name", i+1)
		}
		if slices.Contains(columns[:i], name) {
			return nil, fmt.Errorf("two columns are called %q", name)
		}
	}
	return columns, nil
}

// columnsOf finds the columns to match.
func (r *tableReader) columnsOf(columns []string) ([]int, error) {
	at := make([]int, len(r.on))
	for i, name := range r.on {
		if at[i] = slices.Index(columns, name); at[i] < 0 {
			return nil, noColumn(name, columns)
		}
	}
	return at, nil
}

func keyOf(fields []string, at []int) []byte {
	var key []byte
	for _, i := range at {
		key = appendPart(key, fields[i])
	}
	return key
}

func object(columns, fields []string) []byte {
	out := []byte{'{'}
	for i, name := range columns {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(rawjson.AppendString(out, name), ':')
		out = rawjson.AppendString(out, fields[i])
	}
	return slices.Clip(append(out, '}'))
}

func inWords(err error, columns int) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	if errors.Is(parse.Err, csv.ErrFieldCount) {
		return fmt.Errorf("line %d: the number of fields is not %d, as in the header", parse.Line, columns)
	}
	return fmt.Errorf("line %d, column %d: %w", parse.Line, parse.Column, parse.Err)
}
