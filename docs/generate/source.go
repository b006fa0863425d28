package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
)

// source is the comments of one package.
type source struct {
	doc    string
	types  map[string]string // Type → its comment
	fields map[string]string // Type.Field → its comment
}

// parse reads the comments of the package in a folder.
func parse(folder string) (*source, error) {
	packages, err := parser.ParseDir(token.NewFileSet(), folder, isSource, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{types: map[string]string{}, fields: map[string]string{}}
	for _, p := range packages {
		for _, file := range p.Files {
			if file.Doc != nil {
				s.doc = file.Doc.Text()
			}
			for _, d := range file.Decls {
				if g, ok := d.(*ast.GenDecl); ok && len(g.Specs) == 1 {
					s.collect(g)
				}
			}
		}
	}
	return s, nil
}

func isSource(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }

// collect notes the comments on a struct type and its fields.
func (s *source) collect(d *ast.GenDecl) {
	spec, ok := d.Specs[0].(*ast.TypeSpec)
	if !ok {
		return
	}
	t, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	s.types[spec.Name.Name] = d.Doc.Text()
	for _, f := range t.Fields.List {
		for _, name := range f.Names {
			s.fields[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
		}
	}
}
