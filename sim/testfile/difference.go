package testfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// differences says in what an event is another than expected: two lines for each field.
func (e *Event) differences(g *got) (lines []string) {
	d := &differences{}
	event := g.event
	if e.At != nil {
		d.compare("at", Duration(*e.At), Duration(g.at))
	}
	d.text("id", e.ID, event.ID)
	d.text("key", e.Key, event.Key)
	d.text("type", e.Type, event.Type)
	if e.Time != nil && !e.Time.Equal(event.Time) {
		d.add("time", moment(*e.Time), moment(event.Time))
	}
	if g.letter != nil {
		d.text("stage", e.Stage, g.letter.Stage)
		d.text("sink", e.Sink, g.letter.Sink)
		if e.Error != nil && !strings.Contains(g.letter.Error, *e.Error) {
			d.add("error", "… "+*e.Error+" …", g.letter.Error)
		}
	}
	d.text("text", e.Text, string(g.body()))
	if e.Body != nil {
		d.body(jsonOf(e.Body), g.body(), false)
	}
	if e.Has != nil {
		d.body(jsonOf(e.Has), g.body(), true)
	}
	meta := g.meta()
	for _, k := range slices.Sorted(maps.Keys(e.Meta)) {
		if v, there := meta[k]; !there || v != e.Meta[k] {
			d.add("meta."+k, strconv.Quote(e.Meta[k]), orNone(strconv.Quote(v), there))
		}
	}
	d.compare("marks", list(e.Marks), list(g.marks()))
	return d.lines
}

func orNone(text string, there bool) string {
	if !there {
		return nothing
	}
	return text
}

// nothing stands where there is no value.
const nothing = "(none)"

func list(marks []string) string {
	if len(marks) == 0 {
		return nothing
	}
	sorted := slices.Sorted(slices.Values(marks))
	return strings.Join(sorted, ", ")
}

func moment(t time.Time) string {
	if t.IsZero() {
		return nothing
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Duration writes a duration without parts that are zero.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// differences collects lines.
type differences struct {
	lines []string
	part  bool // objects may have more fields
}

func (d *differences) add(what, want, got string) {
	d.lines = append(d.lines, fmt.Sprintf("- %s: %s", what, want), fmt.Sprintf("+ %s: %s", what, got))
}

func (d *differences) compare(what, want, got string) {
	if want != got {
		d.add(what, want, got)
	}
}

func (d *differences) text(what string, want *string, got string) {
	if want != nil && *want != got {
		d.add(what, strconv.Quote(*want), strconv.Quote(got))
	}
}

// body compares JSON by its values. With part, objects may have fields that are not wanted.
func (d *differences) body(want, got []byte, part bool) {
	a, _ := decoded(want)
	b, ok := decoded(got)
	if !ok {
		d.add("body", string(want), "no JSON: "+strconv.Quote(string(got)))
		return
	}
	d.part = part
	d.values("body", a, b)
}

func (d *differences) values(at string, a, b any) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			d.objects(at, a, b)
			return
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				d.values(at+"["+strconv.Itoa(i)+"]", a[i], b[i])
			}
			return
		}
	case json.Number:
		if b, ok := b.(json.Number); ok && sameNumber(a, b) {
			return
		}
	default:
		if _, isMap := b.(map[string]any); !isMap {
			if _, isList := b.([]any); !isList && a == b {
				return
			}
		}
	}
	d.add(at, jsonText(a), jsonText(b))
}

func (d *differences) objects(at string, a, b map[string]any) {
	names := slices.Sorted(maps.Keys(a))
	for name := range b {
		if _, both := a[name]; !both && !d.part {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		x, inA := a[name]
		y, inB := b[name]
		place := at + "." + name
		if !plainName.MatchString(name) {
			place = at + "[" + strconv.Quote(name) + "]"
		}
		if inA && inB {
			d.values(place, x, y)
		} else {
			d.add(place, orNone(jsonText(x), inA), orNone(jsonText(y), inB))
		}
	}
}

func jsonText(v any) string {
	text, err := rawjson.Append(nil, v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
