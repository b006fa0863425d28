package tiki

import (
	"cmp"
	"errors"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/sellers"
	"github.com/leat-io/leat/pipeline"
)

// seller is somebody whose events come to the queue.
type seller struct {
	// Name is what messages call the seller, in up to 64 bytes.
	Name string `yaml:"name,required"`
	// SID is the seller's id, by which its subscriptions are told from those of others.
	SID string `yaml:"sid"`
	// Token is what the seller gave the app.
	Token conf.Secret `yaml:"token,required"`
}

func (s seller) String() string {
	if s.SID != "" {
		return s.Name + " (" + s.SID + ")"
	}
	return s.Name
}

// Known implements [sellers.Seller].
func (s seller) Known() (name string, token conf.Secret) { return s.Name, s.Token }

// Validate refuses what no request can carry.
func (s *seller) Validate() error {
	switch {
	case s.Name == "" || s.Token == "":
		return errors.New("a seller needs a name and a token that are not empty")
	case !isHeaderText(s.Token.Reveal()):
		return conf.FieldError("token", "must be printable ASCII without spaces")
	}
	return cmp.Or(sellers.CheckLabel("name", s.Name), sellers.CheckLabel("sid", s.SID))
}

// columns are those of a table.
var columns = sellers.Columns[seller]{
	"name":  func(s *seller, value string) { s.Name = value },
	"sid":   func(s *seller, value string) { s.SID = value },
	"token": func(s *seller, value string) { s.Token = conf.Secret(value) },
}

// sellers are those of the settings; one without a token is the owner of the queue.
func (c SetupConfig) sellers() ([]seller, error) {
	switch {
	case c.SellerToken != "":
		return []seller{{Name: "the seller", Token: c.SellerToken}}, nil
	case c.Sellers == "":
		return []seller{{Name: "the account itself"}}, nil
	}
	all, err := sellers.Read(c.Sellers, columns)
	if err != nil {
		return nil, pipeline.FieldError("sellers", "%w", err)
	}
	return all, nil
}
