package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/internal/redact"
	"github.com/leat-io/leat/pipeline"
)

// look takes down what an event is now. Secrets are left out.
func (w *watch) look(e *pipeline.Event) Look {
	l := Look{ID: e.ID, Key: e.Key, Type: e.Type}
	if !e.Time.IsZero() {
		t := e.Time.UTC()
		l.Time = &t
	}
	for name, value := range e.AllMeta() {
		if l.Meta == nil {
			l.Meta = map[string]string{}
		}
		l.Meta[name] = w.meta(name, value)
	}
	l.Body, l.Text = w.payload(e)
	return l
}

func (w *watch) meta(name, value string) string {
	if w.hide.Hides(name[strings.LastIndexByte(name, '.')+1:]) {
		return redact.Text
	}
	out, _, _ := w.hide.Find([]byte(value))
	return string(out)
}

// payload is the payload as JSON, or as text where it is none.
func (w *watch) payload(e *pipeline.Event) (body json.RawMessage, text string) {
	raw, err := e.Clone().Bytes()
	if err != nil {
		return nil, ""
	}
	raw, _, _ = w.hide.Find(raw)
	var out bytes.Buffer
	if rawjson.Check(raw, maxDepth) == nil && json.Compact(&out, raw) == nil {
		return out.Bytes(), ""
	}
	if !utf8.Valid(raw) {
		return nil, fmt.Sprintf("%d bytes that are no text", len(raw))
	}
	return nil, string(raw)
}

const maxDepth = 64

// changes says how an event differs from what it was before.
func changes(before, after *Look) (list []string) {
	add := func(name, from, to string) {
		switch {
		case from == to:
		case to == "":
			list = append(list, "no "+name)
		default:
			list = append(list, name+" "+to)
		}
	}
	add("id", before.ID, after.ID)
	add("key", before.Key, after.Key)
	add("type", before.Type, after.Type)
	add("time", timeText(before), timeText(after))
	list = append(list, metaChanges(before.Meta, after.Meta)...)
	return append(list, bodyChanges(before, after)...)
}

// TimeLayout is how event times are written: RFC 3339, with milliseconds where there are any.
const TimeLayout = "2006-01-02T15:04:05.999Z07:00"

func timeText(l *Look) string {
	if l.Time == nil {
		return ""
	}
	return l.Time.Format(TimeLayout)
}

// metaChanges has marks with their values, and of much other metadata only the names.
func metaChanges(before, after map[string]string) (list []string) {
	var others []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		old, had := before[name]
		switch value := after[name]; {
		case had && old == value:
		case strings.HasPrefix(name, "leat."):
			list = append(list, fmt.Sprintf("marked %s=%s", name, short(value)))
		default:
			others = append(others, name)
		}
	}
	switch {
	case len(others) > manyEntries:
		list = append(list, "meta "+strings.Join(others, ", "))
	default:
		for _, name := range others {
			list = append(list, fmt.Sprintf("meta %s=%s", name, short(after[name])))
		}
	}
	return list
}

// manyEntries is more metadata than anyone wants to see the values of.
const manyEntries = 2

// bodyChanges names the fields of an object that differ.
func bodyChanges(before, after *Look) (list []string) {
	if bytes.Equal(before.Body, after.Body) && before.Text == after.Text {
		return nil
	}
	old, was := object(before.Body)
	now, is := object(after.Body)
	if !was || !is {
		return []string{"body " + short(string(after.Body)+after.Text)}
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		from, had := old[name]
		switch {
		case !had:
			list = append(list, "+body."+name+" "+short(string(now[name])))
		case !bytes.Equal(from, now[name]):
			list = append(list, "body."+name+" "+short(string(now[name])))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if _, has := now[name]; !has {
			list = append(list, "-body."+name)
		}
	}
	if len(list) > manyFields {
		return []string{"body " + short(string(after.Body))}
	}
	return list
}

// manyFields are so many that the body as a whole says more than their names.
const manyFields = 8

func object(raw json.RawMessage) (m map[string]json.RawMessage, ok bool) {
	return m, json.Unmarshal(raw, &m) == nil && m != nil
}

// short cuts a value to what fits in a line with others.
func short(text string) string {
	const most = 48
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
