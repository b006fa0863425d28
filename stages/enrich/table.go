package enrich

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

const (
	maxSize = 64 << 20
	maxRows = 1_000_000
)

// table is the content of a lookup file. It does not change any more once it
// has been read.
type table struct {
	rows     map[string][]byte // the JSON of rows, by the joined texts of their columns
	repeated string            // that rows have the same texts, in words, or ""
}

// tableReader fills a table.
type tableReader struct {
	on    []string // the columns to match, sorted
	count int
	twice int
	where string // the first row that hides another one
	rows  map[string][]byte
}

// readTable reads a file whose name says what is in it.
func readTable(name string, data []byte, on []string) (*table, error) {
	r := &tableReader{on: on, rows: map[string][]byte{}}
	read := r.readCSV
	if strings.HasSuffix(name, ".json") {
		read = r.readJSON
	}
	if err := read(bytes.TrimPrefix(data, []byte("\ufeff"))); err != nil {
		return nil, err
	}
	t := &table{rows: r.rows}
	if r.twice > 0 {
		t.repeated = fmt.Sprintf("%d of %d rows have the same %s as one before, first %s", r.twice, r.count, strings.Join(on, " and "), r.where)
	}
	return t, nil
}

// next counts a row before it is read.
func (r *tableReader) next() error {
	if r.count++; r.count > maxRows {
		return fmt.Errorf("more than %d rows", maxRows)
	}
	return nil
}

// add adds a row. Of several with the same key the last counts.
func (r *tableReader) add(key, row []byte, where string) {
	if _, there := r.rows[string(key)]; there {
		if r.twice == 0 {
			r.where = where
		}
		r.twice++
	}
	r.rows[string(key)] = row
}

// noColumn says that a column to match does not exist.
func noColumn(column string, columns []string) error {
	if near := conf.Nearest(column, columns); near != "" {
		return fmt.Errorf("there is no column %q: did you mean %q?", column, near)
	}
	return fmt.Errorf("there is no column %q", column)
}
