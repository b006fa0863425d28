package main

import (
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/rogpeppe/go-internal/txtar"
)

const module = "github.com/leat-io/leat/"

// folder is where the entry's package is.
func (e entry) folder() string {
	return strings.TrimPrefix(reflect.TypeOf(e.def.Defaults).PkgPath(), module)
}

// write prints the section of one entry.
func (e entry) write(w io.Writer) error {
	settings := reflect.TypeOf(e.def.Defaults)
	source, err := parse(e.folder())
	if err != nil {
		return err
	}
	title := e.def.Name
	about := "\n" + source.about() + "\n"
	if e.kind == setupKind {
		about = ""
	} else if e.kind != "" {
		title += " (" + e.kind + ")"
	}
	fmt.Fprintf(w, "\n## %s\n%s", title, about)
	if text := source.behaviour(settings.Name()); text != "" {
		fmt.Fprintf(w, "\n%s\n", text)
	}
	if err := writeSettings(w, source, settings, reflect.ValueOf(e.def.Defaults), ""); err != nil {
		return err
	}
	return nil
}

// writeSettings prints a line per setting, those of a nested struct below it.
func writeSettings(w io.Writer, source *source, t reflect.Type, defaults reflect.Value, indent string) error {
	if len(conf.Settings(t)) > 0 && indent == "" {
		fmt.Fprintln(w)
	}
	for _, s := range conf.Settings(t) {
		about, err := source.comment(t, s.Index)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s- `%s`%s: %s\n", indent, s.Name, remarks(s, defaults), about)
		inner := defaults.FieldByIndex(s.Index)
		if inner.Kind() == reflect.Slice {
			inner = reflect.Zero(inner.Type().Elem())
		}
		if inner.Kind() == reflect.Struct && inner.Type().PkgPath() == t.PkgPath() && len(conf.Settings(inner.Type())) > 0 {
			if err := writeSettings(w, source, inner.Type(), inner, indent+"  "); err != nil {
				return err
			}
		}
	}
	return nil
}

// remarks says whether a setting is required, and what it is otherwise.
func remarks(s conf.Setting, defaults reflect.Value) string {
	if s.Required {
		return " (required)"
	}
	v := defaults.FieldByIndex(s.Index)
	if v.IsZero() || v.Kind() == reflect.Struct || v.Kind() == reflect.Pointer {
		return ""
	}
	return fmt.Sprintf(" (`%v`)", short(v.Interface()))
}

// short writes a duration as one would in a file: 2m, not 2m0s.
func short(v any) string {
	text := fmt.Sprint(v)
	for _, tail := range [...][2]string{{"m0s", "m"}, {"h0m", "h"}} {
		if strings.HasSuffix(text, tail[0]) {
			text = strings.TrimSuffix(text, tail[0]) + tail[1]
		}
	}
	return text
}

// examples are the files with the entry's examples.
func (e entry) examples() string {
	if e.kind == setupKind {
		return "setup-*.txtar"
	}
	return "example-*.txtar"
}

// writeExamples prints the cases that the tests run as examples.
func writeExamples(w io.Writer, folder, files string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "testdata", files))
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(string(a.Comment)))
		for _, f := range a.Files {
			fmt.Fprintf(w, "\n%s:\n\n```%s\n%s\n```\n", f.Name, language(f.Name), strings.TrimRight(string(f.Data), "\n"))
		}
	}
	return err
}

func language(section string) string {
	if strings.HasSuffix(section, "yaml") || section == "stages" {
		return "yaml"
	}
	return ""
}
