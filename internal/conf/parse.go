package conf

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v4"
)

// Parse reads the sources, expands ${…} in their values and merges them in
// order: maps merge by name, everything else is replaced by the later file, and
// each node keeps pointing at the file it came from.
//
// The Problems are never nil and hold everything that was found. When a file is
// not YAML at all the node is nil; beside any other problem it is usable, so
// that later checks can add to the list.
func Parse(sources []Source, env Lookup, read ReadFile) (*Node, *Problems) {
	p := &Problems{}
	var merged *Node
	readable := true
	for _, s := range sources {
		src := newSource(s.Name, s.Data)
		p.know(src)
		doc, ok := load(src, s.Data, p)
		readable = readable && ok
		if !ok || doc == nil {
			continue
		}
		b := builder{src: src, p: p, expand: expander{env: env, read: read, p: p}}
		merged = mergeRoots(merged, b.node(doc, "", 0), p)
	}
	if !readable {
		return nil, p
	}
	if merged == nil {
		merged = &Node{Kind: Null}
		if len(p.sources) > 0 {
			merged.src, merged.File, merged.Line, merged.Col = p.sources[0], p.sources[0].name, 1, 1
		}
	}
	return merged, p
}

// load reads the one document of a file. The document is nil when the file is
// empty, and ok is false when the file cannot be read.
func load(src *source, data []byte, p *Problems) (doc *yaml.Node, ok bool) {
	if line, col, why := src.unreadable(data); why != "" {
		p.at(src, line, col, why)
		return nil, false
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		p.at(src, 0, 0, err.Error())
		return nil, false
	}
	docs, err := documents(loader)
	switch {
	case err != nil:
		addSyntaxError(src, err, p)
		return nil, false
	case len(docs) > 1:
		p.at(src, docs[1].Line, docs[1].Column, "a second document starts here, but a file holds one").
			Hint = "remove this line, or give the second part as a file of its own"
		return nil, false
	case len(docs) == 0 || len(docs[0].Content) == 0:
		return nil, true
	}
	return docs[0].Content[0], true
}

// documents reads at most two documents: more are refused anyway.
func documents(loader *yaml.Loader) (docs []*yaml.Node, err error) {
	for len(docs) < 2 {
		doc := &yaml.Node{}
		err := loader.Load(doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}
