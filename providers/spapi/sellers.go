package spapi

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// seller is somebody who has authorized the app.
type seller struct {
	// Name is what messages call the seller.
	Name string `yaml:"name,required"`
	// ID is the seller's id at Amazon, if it is to be printed beside the name.
	ID string `yaml:"id"`
	// RefreshToken is what the app got when the seller authorized it.
	RefreshToken conf.Secret `yaml:"refresh_token,required"`
	// Region is na, eu or fe. Empty: that of the marketplaces, else of the setup.
	Region string `yaml:"region"`
	// Marketplaces are ids of marketplaces, which tell the region.
	Marketplaces []string `yaml:"marketplaces,one"`
}

func (s seller) String() string {
	if s.ID != "" {
		return s.Name + " (" + s.ID + ")"
	}
	return s.Name
}

// Validate finds the region, and refuses what contradicts itself.
func (s *seller) Validate() error {
	if s.Name == "" || s.RefreshToken == "" {
		return errors.New("a seller needs a name and a refresh_token that are not empty")
	}
	if s.Region != "" && !slices.Contains(regions, s.Region) {
		return conf.FieldError("region", "want na, eu or fe, got %q", s.Region)
	}
	for _, id := range s.Marketplaces {
		switch region := marketplaces[id]; {
		case region == "" && s.Region == "":
			return conf.FieldError("marketplaces", "the region of marketplace %q is not known: set region to na, eu or fe", id)
		case s.Region == "":
			s.Region = region
		case region != "" && region != s.Region:
			return conf.FieldError("marketplaces", "marketplace %q is in region %s, not %s: a seller authorizes the app in each region by itself, so give each a seller of its own", id, region, s.Region)
		}
	}
	return nil
}

const (
	maxSellersFile = 1 << 20
	maxSellers     = 10_000
)

// readSellers reads a file of sellers, as CSV or as YAML by the end of its name.
// fallback is the region of those that name none. Refresh tokens are in no error.
func readSellers(path, fallback string) ([]seller, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the sellers: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSellersFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the sellers: %w", err)
	case len(data) > maxSellersFile:
		return nil, fmt.Errorf("%s: the file is larger than %s", path, conf.Size(maxSellersFile))
	}
	read := yamlSellers
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		read = csvSellers
	}
	all, err := read(path, data)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Region == "" {
			all[i].Region = fallback
		}
	}
	return all, checkSellers(path, all)
}

func checkSellers(path string, all []seller) error {
	if len(all) == 0 || len(all) > maxSellers {
		return fmt.Errorf("%s: %d sellers: want 1 to %d", path, len(all), maxSellers)
	}
	names, tokens := map[string]bool{}, map[conf.Secret]string{}
	for _, s := range all {
		switch {
		case s.Region == "":
			return fmt.Errorf("%s: seller %q has no region: set region to na, eu or fe, for the seller or for the setup", path, s.Name)
		case names[s.Name]:
			return fmt.Errorf("%s: two sellers are named %q", path, s.Name)
		case tokens[s.RefreshToken] != "":
			return fmt.Errorf("%s: sellers %q and %q have the same refresh token", path, tokens[s.RefreshToken], s.Name)
		}
		names[s.Name], tokens[s.RefreshToken] = true, s.Name
	}
	return nil
}

// yamlSellers reads a list of sellers, or one that stands below `sellers`.
func yamlSellers(path string, data []byte) (all []seller, err error) {
	root, p := conf.Parse([]conf.Source{{Name: path, Data: data}}, os.LookupEnv, os.ReadFile)
	if list := root.Get("sellers"); list != nil && len(root.Fields) == 1 {
		root = list
	}
	checkShape(root, p)
	if !p.HasErrors() {
		conf.Decode(root, &all, p)
	}
	if p.HasErrors() {
		return nil, withoutLines(p)
	}
	return all, nil
}

// checkShape reports what is no list of settings without quoting it: it may be a token.
func checkShape(root *conf.Node, p *conf.Problems) {
	if root == nil {
		return
	}
	if root.Kind != conf.List {
		p.Errorf(root, "want a list of sellers, each as {name: …, refresh_token: …}")
	}
	for _, item := range root.Items {
		if item.Kind != conf.Map {
			p.Errorf(item, "want a seller as {name: …, refresh_token: …}")
		}
	}
}

// withoutLines leaves out the lines of the file, in which tokens may stand.
func withoutLines(p *conf.Problems) error {
	var errs []error
	for _, problem := range p.List() {
		errs = append(errs, errors.New(problem.String()))
	}
	return errors.Join(errs...)
}

// csvColumns are the names that may stand in the first line.
var csvColumns = []string{"name", "id", "refresh_token", "region", "marketplaces"}

// csvSellers reads a table whose first line names its columns. Several marketplaces
// of a seller stand in one field, with blanks between them.
func csvSellers(path string, data []byte) ([]seller, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	columns, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: read the first line, which names the columns: %w", path, err)
	}
	for i, name := range columns {
		if columns[i] = strings.TrimSpace(name); !slices.Contains(csvColumns, columns[i]) {
			return nil, fmt.Errorf("%s:1: column %d has none of the names %s", path, i+1, strings.Join(csvColumns, ", "))
		}
	}
	var all []seller
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		s := rowSeller(columns, row)
		if err := s.Validate(); err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		all = append(all, s)
	}
}

func rowSeller(columns, row []string) (s seller) {
	for i, name := range columns {
		value := strings.TrimSpace(row[i])
		switch name {
		case "name":
			s.Name = value
		case "id":
			s.ID = value
		case "refresh_token":
			s.RefreshToken = conf.Secret(value)
		case "region":
			s.Region = value
		case "marketplaces":
			s.Marketplaces = strings.Fields(strings.ReplaceAll(value, ";", " "))
		}
	}
	return s
}
