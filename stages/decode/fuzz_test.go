package decode

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/rogpeppe/go-internal/txtar"
)

// seed adds the payloads of the cases.
func seed(f *testing.F, prefix string) {
	paths, _ := filepath.Glob("testdata/*" + prefix + "*.txtar")
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range archive.Files {
			if section.Name == "in" || section.Name == "in.payload" {
				f.Add(section.Data)
			}
		}
	}
}

// FuzzXML checks that whatever is accepted can be written as JSON within the
// depth limit, and that no element is lost.
func FuzzXML(f *testing.F) {
	seed(f, "xml")
	const depth = 8
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := readText(raw, xmlReader{maxDepth: depth}.read)
		if err != nil {
			return
		}
		out, err := rawjson.Append(nil, v)
		if err == nil {
			err = rawjson.Check(out, 2*depth+2) // every element may be in a list
		}
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if want, got := startsIn(raw), elementsIn(v, true)-1; got != want {
			t.Fatalf("%d elements of %d in %s", got, want, out)
		}
	})
}

func startsIn(raw []byte) int {
	n := 0
	for d := xml.NewDecoder(bytes.NewReader(raw)); ; {
		token, err := d.RawToken()
		if err != nil {
			return n
		}
		if _, ok := token.(xml.StartElement); ok {
			n++
		}
	}
}

// elementsIn counts the elements that a value was made of.
func elementsIn(v any, element bool) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += elementsIn(item, element)
		}
		return n
	case map[string]any:
		for name, field := range v {
			n += elementsIn(field, !strings.HasPrefix(name, "@") && name != "#text")
		}
	}
	if element {
		n++
	}
	return n
}

// FuzzCSV checks that whatever is accepted has every record, with every field.
func FuzzCSV(f *testing.F) {
	seed(f, "csv")
	r := newCSVReader(&Config{Separator: ","})
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := readText(raw, r.read)
		if err != nil {
			return
		}
		want, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, byteOrderMark))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		list := v.([]any)
		if len(list) != len(want)-1 {
			t.Fatalf("%d records of %d", len(list), len(want)-1)
		}
		for i, record := range list {
			for j, name := range want[0] {
				if got := record.(map[string]any)[name]; got != want[i+1][j] {
					t.Fatalf("record %d: %s is %q, want %q", i, name, got, want[i+1][j])
				}
			}
		}
	})
}
