package testfile

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
)

var (
	plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)
)

// words are plain texts that YAML takes for something else.
var words = []string{"true", "false", "null"}

// yamlText writes a text so that YAML reads it back.
func yamlText(s string) string {
	if plainText.MatchString(s) && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		return strconv.Quote(s)
	}
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted))
	return strings.ReplaceAll(text, "${", "$${")
}

// yamlValue writes a JSON text as YAML on one line, fields in their order.
func yamlValue(text []byte) (string, bool) {
	if _, ok := decoded(text); !ok {
		return "", false
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var b strings.Builder
	err := writeValue(&b, d)
	return b.String(), err == nil
}

// writeValue writes the next value of d.
func writeValue(b *strings.Builder, d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case json.Delim:
		return writeMany(b, d, t == '{')
	case string:
		b.WriteString(yamlText(t))
	case json.Number:
		b.WriteString(t.String())
	case bool:
		b.WriteString(strconv.FormatBool(t))
	default:
		b.WriteString("null")
	}
	return nil
}

func writeMany(b *strings.Builder, d *json.Decoder, object bool) error {
	open, end := "[", "]"
	if object {
		open, end = "{", "}"
	}
	b.WriteString(open)
	for n := 0; d.More(); n++ {
		if n > 0 {
			b.WriteString(", ")
		}
		if object {
			name, err := d.Token()
			if err != nil {
				return err
			}
			b.WriteString(yamlText(name.(string)) + ": ")
		}
		if err := writeValue(b, d); err != nil {
			return err
		}
	}
	_, err := d.Token()
	b.WriteString(end)
	return err
}

// shown are the fields of an event that are written, in this order.
type shown map[string]bool

var fieldOrder = []string{"at", "stage", "sink", "error", "id", "key", "type", "time", "body", "has", "text", "meta", "marks"}

// shownFields are those of an event that nobody has expected.
func shownFields(g *got) shown {
	s := shown{"at": g.at != 0, "body": true, "marks": true}
	if e := g.event; g.alone && g.letter == nil { // a preset is there for these
		s["body"], s["id"], s["key"], s["type"], s["time"] = false, true, e.Key != "", e.Type != "", true
	}
	if g.letter != nil {
		s["stage"], s["sink"], s["error"] = g.letter.Stage != "", g.letter.Sink != "", true
	}
	return s
}

// text writes an event that came, as it could be expected.
func (g *got) text(fields shown) string {
	var parts []string
	for _, name := range fieldOrder {
		if !fields[name] {
			continue
		}
		if value := g.field(name, fields); value != "" {
			parts = append(parts, value)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (g *got) field(name string, fields shown) string {
	switch name {
	case "at":
		return "at: " + Duration(g.at)
	case "id":
		return "id: " + yamlText(g.event.ID)
	case "key":
		return "key: " + yamlText(g.event.Key)
	case "type":
		return "type: " + yamlText(g.event.Type)
	case "time":
		if g.event.Time.IsZero() {
			return ""
		}
		return "time: " + g.event.Time.UTC().Format(time.RFC3339Nano)
	case "body":
		if v, ok := yamlValue(g.body()); ok {
			return "body: " + v
		}
		return "text: " + yamlText(string(g.body()))
	case "text":
		return "text: " + yamlText(string(g.body()))
	case "has":
		return g.hasText(fields)
	case "meta":
		return g.metaText(fields)
	case "marks":
		if marks := g.marks(); len(marks) > 0 {
			return "marks: [" + strings.Join(marks, ", ") + "]"
		}
	}
	return g.letterField(name)
}

// hasText writes the fields of the payload that are among the fields, as has.NAME.
func (g *got) hasText(fields shown) string {
	v, _ := decoded(g.body())
	object, _ := v.(map[string]any)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if value, ok := yamlValue([]byte(jsonText(object[name]))); ok && fields["has."+name] {
			parts = append(parts, yamlText(name)+": "+value)
		}
	}
	return "has: {" + strings.Join(parts, ", ") + "}"
}

// metaText writes the metadata that is among the fields, as meta.NAME.
func (g *got) metaText(fields shown) string {
	meta := g.meta()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(meta)) {
		if fields["meta."+name] {
			parts = append(parts, yamlText(name)+": "+yamlText(meta[name]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "meta: {" + strings.Join(parts, ", ") + "}"
}

func (g *got) letterField(name string) string {
	switch {
	case g.letter == nil:
	case name == "stage" && g.letter.Stage != "":
		return "stage: " + yamlText(g.letter.Stage)
	case name == "sink" && g.letter.Sink != "":
		return "sink: " + yamlText(g.letter.Sink)
	case name == "error":
		first, _, _ := strings.Cut(g.letter.Error, "\n")
		return "error: " + yamlText(first)
	}
	return ""
}

// text writes what is expected, on one line.
func (e *Event) text() string {
	var b strings.Builder
	writeNode(&b, e.node)
	return b.String()
}

func writeNode(b *strings.Builder, n *conf.Node) {
	switch n.Kind {
	case conf.Null:
		b.WriteString("null")
	case conf.Scalar:
		if n.Plain {
			b.WriteString(n.Raw)
		} else {
			b.WriteString(yamlText(n.Value))
		}
	case conf.List:
		b.WriteString("[")
		for i, item := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			writeNode(b, item)
		}
		b.WriteString("]")
	case conf.Map:
		b.WriteString("{")
		for i, f := range n.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(yamlText(f.Key.Value) + ": ")
			writeNode(b, f.Value)
		}
		b.WriteString("}")
	}
}
