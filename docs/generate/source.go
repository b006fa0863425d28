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
	fields map[string]string // Type.Field → its comment
}

// parse reads the comments of the package in a folder.
func parse(folder string) (*source, error) {
	packages, err := parser.ParseDir(token.NewFileSet(), folder, isSource, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{fields: map[string]string{}}
	for _, p := range packages {
		for _, file := range p.Files {
			if file.Doc != nil {
				s.doc = file.Doc.Text()
			}
			ast.Inspect(file, s.collect)
		}
	}
	return s, nil
}

func isSource(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }

// collect notes the comments on the fields of a struct type.
func (s *source) collect(n ast.Node) bool {
	spec, ok := n.(*ast.TypeSpec)
	if !ok {
		return true
	}
	if t, ok := spec.Type.(*ast.StructType); ok {
		for _, f := range t.Fields.List {
			for _, name := range f.Names {
				s.fields[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
	}
	return true
}

// about is the package comment without its usual first words.
func (s *source) about() string {
	text := strings.TrimSpace(s.doc)
	if rest, ok := strings.CutPrefix(text, "Package "); ok {
		_, rest, _ = strings.Cut(rest, " ")
		text = strings.ToUpper(rest[:1]) + rest[1:]
	}
	return text
}

func (s *source) field(typ, name string) string { return s.fields[typ+"."+name] }
