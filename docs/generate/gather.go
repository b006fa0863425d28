package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"github.com/rogpeppe/go-internal/txtar"
)

// gatherer reads the comments and examples that belong to declarations.
type gatherer struct {
	manual.Texts
	sources map[string]*source
}

func newGatherer() *gatherer {
	return &gatherer{
		manual.Texts{Packages: map[string]string{}, Types: map[string]string{}, Fields: map[string]string{}, Examples: map[string][]manual.Example{}},
		map[string]*source{},
	}
}

// gather reads what belongs to a declaration. pattern names its examples.
func (g *gatherer) gather(d pipeline.Def, pattern string) error {
	t := reflect.TypeOf(d.Defaults)
	folder := manual.Folder(t)
	s, err := g.source(folder)
	if err != nil {
		return err
	}
	g.Packages[folder] = strings.TrimSpace(s.doc)
	if err := g.settings(t); err != nil {
		return err
	}
	if found := examples(folder, pattern); len(found) > 0 {
		g.Examples[folder] = found
	}
	return nil
}

func (g *gatherer) source(folder string) (*source, error) {
	if s := g.sources[folder]; s != nil {
		return s, nil
	}
	s, err := parse(folder)
	g.sources[folder] = s
	return s, err
}

// settings reads the comments on a settings struct and on those within it.
func (g *gatherer) settings(t reflect.Type) error {
	name := manual.Folder(t) + "." + t.Name()
	s, err := g.source(manual.Folder(t))
	if _, known := g.Types[name]; known || err != nil {
		return err
	}
	g.Types[name] = s.types[t.Name()]
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("yaml") == "" {
			continue
		}
		if text := s.fields[t.Name()+"."+f.Name]; text != "" {
			g.Fields[name+"."+f.Name] = text
		}
		for _, inner := range structsIn(conf.ShapeOf(f.Type)) {
			if err := g.settings(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// structsIn are the settings structs of a shape.
func structsIn(s conf.Shape) (list []reflect.Type) {
	if s.Type != nil {
		list = append(list, s.Type)
	}
	if s.Item != nil {
		list = append(list, structsIn(*s.Item)...)
	}
	for _, one := range s.Either {
		list = append(list, structsIn(one)...)
	}
	return list
}

// examples are the cases of a folder that the tests run as examples.
func examples(folder, pattern string) (list []manual.Example) {
	paths, _ := filepath.Glob(filepath.Join(folder, "testdata", pattern))
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			continue
		}
		e := manual.Example{About: strings.TrimSpace(string(a.Comment))}
		for _, f := range a.Files {
			e.Files = append(e.Files, manual.File{Name: f.Name, Text: strings.TrimRight(string(f.Data), "\n")})
		}
		list = append(list, e)
	}
	return list
}

// json is what becomes part of the program.
func (g *gatherer) json() ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(&g.Texts)
	return out.Bytes(), err
}
