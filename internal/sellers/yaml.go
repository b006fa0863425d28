package sellers

import (
	"errors"
	"os"

	"github.com/leat-io/leat/internal/conf"
)

// fromYAML reads a list of sellers, or one that stands below `sellers`.
func fromYAML[S Seller](path string, data []byte) (all []S, err error) {
	root, p := conf.Parse([]conf.Source{{Name: path, Data: data}}, os.LookupEnv, os.ReadFile)
	if list := root.Get("sellers"); list != nil && len(root.Fields) == 1 {
		root = list
	}
	checkShape(root, p)
	if !p.HasErrors() {
		conf.Decode(root, &all, p)
	}
	if p.HasErrors() {
		return nil, withoutValues(p)
	}
	return all, nil
}

// checkShape reports what is no list of settings without quoting it: it may be a token.
func checkShape(root *conf.Node, p *conf.Problems) {
	if root == nil {
		return
	}
	if root.Kind != conf.List {
		p.Errorf(root, "want a list of sellers, each as {name: …}")
	}
	for _, item := range root.Items {
		if item.Kind != conf.Map {
			p.Errorf(item, "want a seller as {name: …}")
		}
	}
}

// withoutValues leaves out the lines of the file, and what messages quote of it: tokens may
// stand there.
func withoutValues(p *conf.Problems) error {
	var errs []error
	for _, problem := range p.List() {
		errs = append(errs, errors.New(withoutQuotes(problem.String())))
	}
	return errors.Join(errs...)
}
