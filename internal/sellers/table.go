package sellers

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// fromTable reads a table whose first line names its columns.
func fromTable[S Seller](path string, data []byte, columns Columns[S]) ([]S, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: read the first line, which names the columns: %w", path, err)
	}
	for i, name := range head {
		if head[i] = strings.TrimSpace(name); columns[head[i]] == nil {
			return nil, fmt.Errorf("%s:1: column %d has none of the names %s", path, i+1, strings.Join(slices.Sorted(maps.Keys(columns)), ", "))
		}
	}
	var all []S
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		s, err := fromRow(head, row, columns)
		if err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		all = append(all, s)
	}
}

func fromRow[S Seller](head, row []string, columns Columns[S]) (s S, err error) {
	for i, name := range head {
		columns[name](&s, strings.TrimSpace(row[i]))
	}
	if v, ok := any(&s).(interface{ Validate() error }); ok {
		err = v.Validate()
	}
	return s, err
}
