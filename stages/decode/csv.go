package decode

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What a small payload may grow to: a record costs some hundred bytes even when
// it is two bytes long.
const (
	maxRecords = 100_000
	maxFields  = 1_000_000
)

var byteOrderMark = []byte("\ufeff")

// csvReader reads whole payloads of CSV.
type csvReader struct {
	columns []string // nil: the first line names them
	skip    bool     // the first line is a header that nobody needs
	comma   rune
	single  bool
}

func newCSVReader(c *Config) *csvReader {
	comma, _ := separator(c.Separator)
	return &csvReader{columns: c.Columns, skip: c.Header != nil && *c.Header && len(c.Columns) > 0, comma: comma, single: c.Single}
}

func (r *csvReader) read(raw []byte) (any, error) {
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, errEmpty
	}
	in := csv.NewReader(bytes.NewReader(raw))
	in.Comma, in.FieldsPerRecord, in.ReuseRecord = r.comma, -1, true
	columns, err := r.header(in)
	if err != nil {
		return nil, err
	}
	list, err := records(in, columns)
	if err != nil || !r.single {
		return list, err
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("want a single record, got %d", len(list))
	}
	return list[0], nil
}

// header reads the first line, if there is a header, and returns the names of
// the columns.
func (r *csvReader) header(in *csv.Reader) ([]string, error) {
	if r.columns != nil && !r.skip {
		return r.columns, nil
	}
	first, err := in.Read()
	if err != nil {
		return nil, inWords(err)
	}
	if r.columns != nil {
		return r.columns, nil
	}
	columns := append([]string(nil), first...)
	if err := checkColumns(columns); err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	return columns, nil
}

// checkColumns refuses names that would hide each other's fields.
func checkColumns(columns []string) error {
	seen := map[string]int{}
	for i, name := range columns {
		if name == "" {
			return fmt.Errorf("column %d has no name", i+1)
		}
		if first := seen[name]; first > 0 {
			return fmt.Errorf("columns %d and %d are both called %q", first, i+1, name)
		}
		seen[name] = i + 1
	}
	return nil
}

func records(in *csv.Reader, columns []string) ([]any, error) {
	list := []any{}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, inWords(err)
		}
		if len(fields) != len(columns) {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %s, want %d (%s)", line, count(len(fields), "field"), len(columns), shorten(columns))
		}
		if len(list) >= maxRecords || (len(list)+1)*len(columns) > maxFields {
			return nil, fmt.Errorf("more than %d records or %d fields", maxRecords, maxFields)
		}
		list = append(list, record(columns, fields))
	}
}

func record(columns, fields []string) map[string]any {
	object := make(map[string]any, len(columns))
	for i, name := range columns {
		object[name] = fields[i]
	}
	return object
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// shorten keeps a message readable when a hostile header has a thousand names.
func shorten(columns []string) string {
	const most = 100
	if s := []rune(strings.Join(columns, ", ")); len(s) > most {
		return string(s[:most]) + "…"
	}
	return strings.Join(columns, ", ")
}

// inWords shortens the errors of encoding/csv, which name lines twice.
func inWords(err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("line %d, column %d: %w", parse.Line, parse.Column, parse.Err)
	}
	return err
}
