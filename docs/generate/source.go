package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
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

// behaviour is what the comment of a settings type says beyond its first
// paragraph, which only says whose settings they are.
func (s *source) behaviour(typ string) string {
	_, rest, _ := strings.Cut(s.types[typ], "\n\n")
	return strings.TrimSpace(rest)
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

// comment finds the comment of a setting, which may stand in a struct of another
// package that the settings take over.
func (s *source) comment(settings reflect.Type, index []int) (string, error) {
	declared := settings
	for _, i := range index[:len(index)-1] {
		declared = declared.Field(i).Type
	}
	name := declared.Name() + "." + declared.Field(index[len(index)-1]).Name
	if declared.PkgPath() == settings.PkgPath() {
		return s.fields[name], nil
	}
	other, err := parse(strings.TrimPrefix(declared.PkgPath(), module))
	if err != nil {
		return "", err
	}
	return other.fields[name], nil
}
