package manual

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// PresetKind is the kind of the pages of presets.
const PresetKind = "preset"

// Preset is what a preset's file declares.
type Preset struct {
	Name       string
	About      string
	Parameters []Parameter
	Sources    []*conf.Node
	Stages     *conf.Node
	Redact     []string
	Samples    []string // files with payloads
}

// Parameter is a setting of a preset's own.
type Parameter struct {
	Name, About string
	Required    bool
	Default     string   // as it is written in a file; empty: none
	Values      []string // names of values; empty: none have names
}

// ReadPreset reads the file that describes a preset.
func ReadPreset(name string, files fs.FS) (*Preset, error) {
	data, err := fs.ReadFile(files, "preset.yaml")
	if err != nil {
		return nil, err
	}
	root, problems := conf.Parse([]conf.Source{{Name: "preset " + name, Data: data}}, nil, nil)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	p := &Preset{Name: name, Stages: root.Get("stages"), Sources: items(root.Get("source"))}
	if about := root.Get("about"); about != nil {
		p.About = strings.TrimSpace(about.Value)
	}
	for _, n := range items(root.Get("redact")) {
		p.Redact = append(p.Redact, n.Value)
	}
	for _, n := range items(root.Get("samples")) {
		p.Samples = append(p.Samples, n.Value)
	}
	p.Parameters, err = readParameters(root.Get("parameters"))
	return p, err
}

func items(n *conf.Node) []*conf.Node {
	switch {
	case n == nil:
		return nil
	case n.Kind == conf.List:
		return n.Items
	}
	return []*conf.Node{n}
}

func readParameters(n *conf.Node) (list []Parameter, err error) {
	if n == nil {
		return nil, nil
	}
	for _, f := range n.Fields {
		required := f.Value.Get("required")
		p := Parameter{Name: f.Key.Value, Values: f.Value.Get("values").Keys(), Required: required != nil && required.Value == "true"}
		if about := f.Value.Get("about"); about != nil {
			p.About = strings.TrimSpace(about.Value)
		}
		if value := f.Value.Get("default"); value != nil {
			if p.Default, err = written(value); err != nil {
				return nil, err
			}
		}
		list = append(list, p)
	}
	return list, nil
}

func written(n *conf.Node) (string, error) {
	text, err := conf.Write(n)
	return string(bytes.TrimSpace(text)), err
}

// Page returns the page of a preset.
func (p *Preset) Page() (Page, error) {
	page := Page{Kind: PresetKind, Name: p.Name, About: p.About}
	for _, q := range p.Parameters {
		s := Setting{Name: q.Name, Required: q.Required, Default: q.Default, About: capital(q.About)}
		if len(q.Values) > 0 {
			s.Type = either(append(q.Values, "other"))
		}
		page.Settings = append(page.Settings, s)
	}
	var err error
	source := &conf.Node{Kind: conf.List, Items: p.Sources}
	if len(p.Sources) == 1 {
		source = p.Sources[0]
	}
	if page.Source, err = part("source", source); err != nil {
		return page, err
	}
	page.Stages, err = part("stages", p.Stages)
	return page, err
}

// part is a piece of the file under its name.
func part(name string, n *conf.Node) (string, error) {
	if n == nil {
		return "", nil
	}
	text, err := conf.Write(&conf.Node{Kind: conf.Map, Fields: []conf.Field{{Key: conf.Text(name), Value: n}}})
	return string(text), err
}

// Summary is the first sentence about the preset.
func (p *Preset) Summary() string { return Page{About: p.About}.Summary() }

// SourceNames are the types of the sources of which a preset uses one.
func (p *Preset) SourceNames() (names []string) {
	for _, n := range p.Sources {
		for _, key := range n.Keys() {
			if key != "when" {
				names = append(names, key)
			}
		}
	}
	return names
}

// StageNames are what the stages of the preset are called: by their names, or their
// types, with #n from the second of a type on.
func (p *Preset) StageNames() (names []string) {
	count := map[string]int{}
	for _, n := range items(p.Stages) {
		name := n.Value
		for _, key := range n.Keys() {
			if key != "name" && key != "with" && key != "without" {
				name = key
			}
		}
		if count[name]++; count[name] > 1 {
			name = fmt.Sprintf("%s#%d", name, count[name])
		}
		if own := n.Get("name"); own != nil {
			name = own.Value
		}
		names = append(names, name)
	}
	return names
}
