// Package sellers reads the file of those who have authorized an app at a marketplace.
package sellers

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// Seller is what the sellers of all marketplaces have in common.
type Seller interface {
	// Known returns what messages call the seller, and what the app got from it.
	Known() (name string, token conf.Secret)
}

// Columns sets the fields of a seller, by the names of a table's columns.
type Columns[S Seller] map[string]func(s *S, value string)

const (
	maxFile    = 1 << 20
	maxSellers = 10_000
)

// Read reads a file of sellers, as a table if its name ends in .csv, and as YAML otherwise.
// A method Validate() error on *S checks each seller. The errors quote nothing that
// may be a token.
func Read[S Seller](path string, columns Columns[S]) ([]S, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the sellers: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the sellers: %w", err)
	case len(data) > maxFile:
		return nil, fmt.Errorf("%s: the file is larger than %s", path, conf.Size(maxFile))
	}
	var all []S
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		all, err = fromTable(path, data, columns)
	} else {
		all, err = fromYAML[S](path, data)
	}
	if err != nil {
		return nil, err
	}
	return all, check(path, all)
}

// check refuses sellers of whom one is there twice.
func check[S Seller](path string, all []S) error {
	if len(all) == 0 || len(all) > maxSellers {
		return fmt.Errorf("%s: %d sellers: want 1 to %d", path, len(all), maxSellers)
	}
	names, tokens := map[string]bool{}, map[conf.Secret]string{}
	for _, s := range all {
		name, token := s.Known()
		switch {
		case names[name]:
			return fmt.Errorf("%s: two sellers are named %q", path, name)
		case tokens[token] != "":
			return fmt.Errorf("%s: sellers %q and %q have the same token", path, tokens[token], name)
		}
		names[name], tokens[token] = true, name
	}
	return nil
}
