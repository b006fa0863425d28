package spapi

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/sellers"
)

// seller is somebody who has authorized the app.
type seller struct {
	// Name is what messages call the seller, in up to 64 bytes.
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
	if err := cmp.Or(sellers.CheckLabel("name", s.Name), sellers.CheckLabel("id", s.ID)); err != nil {
		return err
	}
	if s.Region != "" && !slices.Contains(regions, s.Region) {
		return conf.FieldError("region", "want na, eu or fe") // it may be a token
	}
	for _, id := range s.Marketplaces {
		switch region := marketplaces[id]; {
		case region == "" && s.Region == "":
			return conf.FieldError("marketplaces", "the region of %s is not known: set region to na, eu or fe", quotedMarketplace(id))
		case s.Region == "":
			s.Region = region
		case region != "" && region != s.Region:
			return conf.FieldError("marketplaces", "marketplace %q is in region %s, not %s: a seller authorizes the app in each region by itself, so give each a seller of its own", id, region, s.Region)
		}
	}
	return nil
}

var marketplacePattern = regexp.MustCompile(`^[A-Z0-9]{10,16}$`)

// quotedMarketplace quotes what is an id: anything else may be a token.
func quotedMarketplace(id string) string {
	if marketplacePattern.MatchString(id) {
		return fmt.Sprintf("marketplace %q", id)
	}
	return "a marketplace, which is no id of one,"
}

// Known implements [sellers.Seller].
func (s seller) Known() (name string, token conf.Secret) { return s.Name, s.RefreshToken }

// columns are those of a table. Several marketplaces of a seller stand in one field, with
// blanks between them.
var columns = sellers.Columns[seller]{
	"name":          func(s *seller, value string) { s.Name = value },
	"id":            func(s *seller, value string) { s.ID = value },
	"refresh_token": func(s *seller, value string) { s.RefreshToken = conf.Secret(value) },
	"region":        func(s *seller, value string) { s.Region = value },
	"marketplaces": func(s *seller, value string) {
		s.Marketplaces = strings.Fields(strings.ReplaceAll(value, ";", " "))
	},
}

// readSellers reads a file of sellers. fallback is the region of those that name none.
func readSellers(path, fallback string) ([]seller, error) {
	all, err := sellers.Read(path, columns)
	for i := range all {
		all[i].Region = cmp.Or(all[i].Region, fallback)
		if err == nil && all[i].Region == "" {
			err = fmt.Errorf("%s: seller %q has no region: set region to na, eu or fe, for the seller or for the setup", path, all[i].Name)
		}
	}
	return all, err
}
