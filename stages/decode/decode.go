// Package decode says what the bytes of a payload mean.
//
// An event whose payload can be read goes on; its fields have names from here
// on, and its bytes stay as they came in until a later stage changes a field.
// An event whose payload cannot be read is rejected: it goes to the dead
// letters with its original bytes.
package decode

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/leat-io/leat/pipeline"
)

// Config is the settings of the stage.
//
// Stages read JSON without being told, so this one is needed for other formats,
// to allow deeper JSON, or to turn away what is not JSON early.
//
// The body of an XML payload is an object with one field, the root element:
//
//   - Elements and attributes go by their local names, without a namespace
//     prefix. Declarations of namespaces are left out.
//   - An element that holds only text becomes that text, and an empty one "".
//   - Any other element becomes an object: its children by name, its attributes
//     as "@name", and its text, if there is any, as "#text".
//   - Children of one name become a list, in order; see lists for those that
//     may also be alone. The same goes for attributes whose names differ only
//     in the prefix.
//   - Space around a text is removed. CDATA is text. Comments and processing
//     instructions are left out.
//
// Only UTF-8 is read. A DOCTYPE is refused, and so are entities other than
// &amp; and its kind, and more than 100,000 elements and attributes.
//
// The body of a CSV payload is a list of objects, one for each record, whose
// fields are text; a split makes them events of their own. Quoting is that of
// RFC 4180. A record that does not have a field for each column is refused, as
// are more than 100,000 records or 1,000,000 fields. A byte order mark and
// empty lines are skipped.
type Config struct {
	// Format is how the payload is written: json, xml, csv, or text, which
	// makes body the whole payload as one text.
	Format string `yaml:"format,short" values:"json xml csv text"`
	// MaxDepth is how deep JSON and XML may be nested.
	MaxDepth int `yaml:"max_depth"`
	// Within names fields of a JSON payload of which the first that is there and not
	// null becomes the payload, so that what an envelope adds is gone: body.detail for
	// messages that come by way of EventBridge. A text there is read as JSON, of which
	// it has to hold an object or a list. Without any of the fields the payload stays
	// what it is.
	Within []pipeline.Path `yaml:"within,one"`
	// Needs names fields of which at least one has to be there, or the payload is not
	// what this feed sends: an error page can be JSON or XML as well.
	Needs []pipeline.Path `yaml:"needs,one"`
	// Lists names the elements of XML that are always lists, even when there
	// is only one.
	Lists []string `yaml:"lists,one"`
	// Columns names the fields of a CSV record, in order. Without it the first
	// line does.
	Columns []string `yaml:"columns"`
	// Header says whether the first line of CSV names the columns. It does by
	// default, unless columns is set; with both, the first line is skipped.
	Header *bool `yaml:"header"`
	// Separator is the character between the fields of CSV: one character, or
	// the word tab.
	Separator string `yaml:"separator"`
	// Single says that a CSV payload holds exactly one record. The body is then
	// that object instead of a list.
	Single bool `yaml:"single"`
}

// Stage is the declaration of the stage.
var Stage = pipeline.DefineStage("decode", Config{Format: "json", MaxDepth: pipeline.MaxDepth, Separator: ","}, New).Passes()

// Traits tells check what the stage does.
func (c Config) Traits() pipeline.Traits { return pipeline.Traits{Local: true} }

// New builds the stage.
func New(c Config, _ *pipeline.Env) (pipeline.Stage, error) {
	read, err := c.reader()
	if err != nil {
		return nil, err
	}
	return pipeline.Map(func(_ context.Context, e *pipeline.Event) error {
		if err := read(e); err != nil {
			return err
		}
		return c.recognize(e)
	}), nil
}

func (c *Config) reader() (func(*pipeline.Event) error, error) {
	switch c.Format {
	case "json":
		return c.json, nil
	case "xml":
		return decoder("XML", xmlReader{c.MaxDepth, c.Lists}.read), nil
	case "csv":
		return decoder("CSV", newCSVReader(c).read), nil
	case "text":
		return decoder("text", func(raw []byte) (any, error) { return string(raw), nil }), nil
	}
	return nil, fmt.Errorf("unknown format %q", c.Format)
}

// decoder makes an event's fields those of what read returns. All formats are
// UTF-8: JSON, which events are in inside of a flow, can hold nothing else.
func decoder(name string, read func([]byte) (any, error)) func(*pipeline.Event) error {
	return func(e *pipeline.Event) error {
		raw, err := e.Bytes()
		if err != nil {
			return err
		}
		v, err := readText(raw, read)
		if err != nil {
			return pipeline.Reject(fmt.Errorf("payload is not %s: %w", name, err))
		}
		e.SetDecoded(v)
		return nil
	}
}

func readText(raw []byte, read func([]byte) (any, error)) (any, error) {
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("invalid UTF-8 at byte %d", invalidAt(raw))
	}
	return read(raw)
}

// invalidAt finds the first byte that is not UTF-8.
func invalidAt(raw []byte) int {
	at := 0
	for at < len(raw) {
		r, size := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

var errEmpty = errors.New("it is empty")

// Validate checks that the settings fit the format.
func (c Config) Validate() error {
	switch {
	case c.MaxDepth < 1 || c.MaxDepth > 1000:
		return pipeline.FieldError("max_depth", "want a number from 1 to 1000")
	case len(c.Within) > 0 && c.Format != "json":
		return pipeline.FieldError("within", "within is for format: json")
	case len(c.Lists) > 0 && c.Format != "xml":
		return pipeline.FieldError("lists", "lists is for format: xml")
	}
	if field := c.csvOnly(); field != "" && c.Format != "csv" {
		return pipeline.FieldError(field, "%s is for format: csv", field)
	}
	return c.validateCSV()
}
