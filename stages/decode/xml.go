package decode

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// maxElements bounds the elements and attributes of one payload.
const maxElements = 100_000

const xmlSpace = " \t\r\n"

// xmlReader reads whole payloads of XML by the rule that Config documents.
type xmlReader struct {
	maxDepth int
	lists    []string
}

func (r xmlReader) read(raw []byte) (any, error) {
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	if len(bytes.Trim(raw, xmlSpace)) == 0 {
		return nil, errEmpty
	}
	d := &document{xmlReader: r, in: xml.NewDecoder(bytes.NewReader(raw))}
	d.in.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) { return nil, charsetError(charset) }
	return d.read()
}

// document is one payload being read. Open elements are kept in a list instead
// of on the stack, so that hostile nesting costs nothing but memory.
type document struct {
	xmlReader
	in    *xml.Decoder
	open  []*element
	root  map[string]any // set when the root element has ended
	count int
}

func (d *document) read() (any, error) {
	for {
		token, err := d.in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = d.token(token)
		}
		if err != nil {
			return nil, d.explain(err)
		}
	}
	if d.root == nil {
		return nil, errors.New("there is no element in it")
	}
	return d.root, nil
}

// explain puts the place in front of an error.
func (d *document) explain(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	var charset charsetError
	if errors.As(err, &charset) {
		return charset
	}
	line, _ := d.in.InputPos()
	return fmt.Errorf("line %d: %w", line, err)
}

// charsetError is the name of an encoding other than UTF-8.
type charsetError string

func (e charsetError) Error() string {
	return fmt.Sprintf("its encoding is declared as %q, but only UTF-8 is read", string(e))
}

func (d *document) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return d.start(t)
	case xml.EndElement:
		d.end()
	case xml.CharData:
		return d.text(t)
	case xml.Directive:
		return errors.New("a DOCTYPE is not allowed")
	}
	return nil
}

func (d *document) start(t xml.StartElement) error {
	d.count += 1 + len(t.Attr)
	switch {
	case d.root != nil:
		return fmt.Errorf("a second root element <%s>", t.Name.Local)
	case len(d.open) >= d.maxDepth:
		return fmt.Errorf("nested deeper than %d levels", d.maxDepth)
	case d.count > maxElements:
		return fmt.Errorf("more than %d elements and attributes", maxElements)
	}
	e := &element{name: t.Name.Local}
	d.open = append(d.open, e)
	return e.attributes(t.Attr)
}

func (d *document) text(t xml.CharData) error {
	if n := len(d.open); n > 0 {
		d.open[n-1].text = append(d.open[n-1].text, t...)
		return nil
	}
	if len(bytes.Trim(t, xmlSpace)) > 0 {
		return errors.New("text outside of the root element")
	}
	return nil
}

// end gives the element that ends to the one around it.
func (d *document) end() {
	last := len(d.open) - 1
	e := d.open[last]
	d.open = d.open[:last]
	if last == 0 {
		root := &element{}
		root.add(e.name, e.value(), d.isList(e.name))
		d.root = root.fields
		return
	}
	d.open[last-1].add(e.name, e.value(), d.isList(e.name))
}
