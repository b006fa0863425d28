package pipeline

import (
	"path/filepath"

	"github.com/leat-io/leat/internal/conf"
)

// namedFile is a file, or a pattern for several, that a pipeline.yaml names.
type namedFile struct {
	name string // as it is written
	node *conf.Node
}

// path is the file as seen from the folder of the one that names it.
func (f namedFile) path() string {
	if filepath.IsAbs(f.name) {
		return f.name
	}
	return filepath.Join(filepath.Dir(f.node.File), f.name)
}

// namedFiles reads one name or a list of them. want is said of what is neither.
func namedFiles(n *conf.Node, p *conf.Problems, want string) (files []namedFile) {
	items := []*conf.Node{n}
	if n.Kind == conf.List {
		items = n.Items
	}
	for _, item := range items {
		if item.Kind != conf.Scalar || item.Value == "" {
			p.Errorf(item, "%s", want)
			continue
		}
		files = append(files, namedFile{item.Value, item})
	}
	return files
}

// PresetFiles names files with presets.
type PresetFiles []namedFile

// UnmarshalNode implements the decoding of settings.
func (f *PresetFiles) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	*f = namedFiles(n, p, "presets: want files with presets, as in presets: [presets/acme.yaml]")
}

// Shape says what they are read from.
func (PresetFiles) Shape() conf.Shape {
	one := conf.Shape{Word: "file"}
	return conf.Shape{Form: conf.FormEither, Word: "file or list", Either: []conf.Shape{one, conf.ListOf(one)}}
}
