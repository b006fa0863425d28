// Package templates holds what a new plugin begins with, in each language that leat has
// a part of its own for, and that part.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

// Each file is named, so that what runs leave behind stays out.
//
//go:embed each/sample.jsonl each/try.yaml.tmpl each/README.md.tmpl
//go:embed go/main.go.tmpl go/go.mod.tmpl
//go:embed python/main.py python/leat_plugin/*.py
//go:embed node/main.js node/package.json.tmpl node/leat-plugin/*.js node/leat-plugin/plugin.proto
var files embed.FS

// Languages are those that there is a template for.
func Languages() []string { return []string{"go", "python", "node"} }

// Plugin is a new one.
type Plugin struct {
	Language string // one of Languages
	Name     string // of lower-case letters, digits and hyphens
	Folder   string // of all plugins, with slashes, as pipeline.yaml names it
	Module   bool   // a plugin in Go gets a go.mod
}

// File is one of a new plugin.
type File struct {
	Path       string // below the plugin's own folder, with slashes
	Text       []byte
	Executable bool
}

var names = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Check says what is wrong with the plugin's name or language.
func (p Plugin) Check() error {
	if !slices.Contains(Languages(), p.Language) {
		return fmt.Errorf("there is no template in %q; want one of %s", p.Language, strings.Join(Languages(), ", "))
	}
	if !names.MatchString(p.Name) {
		return fmt.Errorf("a plugin cannot be named %q: want lower-case letters, digits and hyphens, such as eta or label-printer", p.Name)
	}
	return nil
}

// Path is the plugin's own folder.
func (p Plugin) Path() string { return path.Join(p.Folder, p.Name) }

// Main is the program that leat runs, below Path.
func (p Plugin) Main() string {
	switch p.Language {
	case "python":
		return "main.py"
	case "node":
		return "main.js"
	}
	return p.Name // as go build calls it
}

// SDK is the folder of leat's part, below Path; Go has it in a module.
func (p Plugin) SDK() string {
	return map[string]string{"python": "leat_plugin", "node": "leat-plugin"}[p.Language]
}

// Stage is how pipeline.yaml names the plugin.
func (p Plugin) Stage() string {
	tls := ", tls: false"
	if p.Language == "go" {
		tls = ""
	}
	return fmt.Sprintf("plugin: {run: %s%s, timeout: 2s, config: {label: seen}}", path.Join(p.Path(), p.Main()), tls)
}

// Source is the file in which events are handled, below Path.
func (p Plugin) Source() string {
	if p.Language == "go" {
		return "main.go"
	}
	return p.Main()
}

// Build is what makes the plugin ready to run, as a command for a shell; for a plugin in
// Python, where gRPC may be there already, what brings it.
func (p Plugin) Build() string {
	switch {
	case p.Language == "python":
		return "apt install python3-grpcio, or pip install grpcio protobuf for a Python that is not Debian's own"
	case p.Language == "node":
		return "cd " + p.Path() + " && npm install"
	case p.Module:
		return "cd " + p.Path() + " && go mod tidy && go build"
	}
	return "cd " + p.Path() + " && go build"
}

// CheckCommand is how to see whether the plugin does what leat expects.
func (p Plugin) CheckCommand() string {
	if p.Language == "go" {
		return "leat plugin check " + path.Join(p.Path(), p.Main())
	}
	return "leat plugin check --tls=false " + path.Join(p.Path(), p.Main())
}

// Next is what to do with a new plugin, a step each.
func (p Plugin) Next() []string {
	return []string{
		p.Build(),
		"leat run " + path.Join(p.Path(), "try.yaml") + " shows it at work with the events of sample.jsonl",
		"change " + path.Join(p.Path(), p.Source()) + " to what you need",
		p.CheckCommand() + " says whether it does what leat expects",
		"take the lines for your pipeline.yaml from " + path.Join(p.Path(), "README.md"),
	}
}

// Files returns the files of the plugin.
func (p Plugin) Files() ([]File, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	var all []File
	for _, root := range []string{p.Language, "each"} {
		err := fs.WalkDir(files, root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || name == "go/go.mod.tmpl" && !p.Module {
				return err
			}
			f, err := p.file(name)
			f.Path = strings.TrimSuffix(strings.TrimPrefix(name, root+"/"), ".tmpl")
			all = append(all, f)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (p Plugin) file(name string) (File, error) {
	text, err := files.ReadFile(name)
	if err != nil || !strings.HasSuffix(name, ".tmpl") {
		return File{Text: text, Executable: bytes.HasPrefix(text, []byte("#!"))}, err
	}
	t, err := template.New(name).Parse(string(text))
	if err != nil {
		return File{}, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, p)
	return File{Text: out.Bytes()}, err
}
