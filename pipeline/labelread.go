package pipeline

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

const (
	maxMarks   = 100 // in a label that is read
	labelDepth = 16  // of members that later versions may add
)

// ReadLabel takes id, key, time, type and marks over from a label. What the label
// does not have stays as it is, members that it should not have are ignored, and
// so is the mark of a replay: that happened elsewhere. After an error, which says
// what is wrong with the label, the event is as it was.
//
// Whoever can write labels can pass one event off as another.
func (e *Event) ReadLabel(label string) error {
	l, err := parseLabel([]byte(label[:min(len(label), MaxLabel+1)]))
	if err != nil {
		return fmt.Errorf("the label (attribute leat) cannot be read: %w", err)
	}
	e.ID, e.Key, e.Type = cmp.Or(l.id, e.ID), cmp.Or(l.key, e.Key), cmp.Or(l.kind, e.Type)
	if !l.time.IsZero() {
		e.Time = l.time
	}
	for _, m := range l.marks {
		e.SetMeta(m.name, m.value)
	}
	return nil
}

type label struct {
	id, key, kind string
	time          time.Time
	marks         []pair
}

func parseLabel(raw []byte) (l label, err error) {
	if len(raw) > MaxLabel {
		return l, fmt.Errorf("it is longer than %d bytes", MaxLabel)
	}
	if err := rawjson.Check(raw, labelDepth); err != nil {
		return l, err
	}
	if rawjson.KindOf(raw) != rawjson.Object {
		return l, errors.New("it is not a JSON object")
	}
	var f rawjson.Fields
	f.Index(raw)
	if err := checkVersion(&f); err != nil {
		return l, err
	}
	var at string
	for _, m := range [...]struct {
		name string
		into *string
	}{{"id", &l.id}, {"key", &l.key}, {"time", &at}, {"type", &l.kind}} {
		if *m.into, err = labelMember(&f, m.name); err != nil {
			return l, err
		}
	}
	if at != "" {
		if l.time, err = time.Parse(time.RFC3339Nano, at); err != nil {
			return l, fmt.Errorf("its time %.40q is not as in RFC 3339", at)
		}
		l.time = l.time.UTC()
	}
	l.marks, err = readMarks(&f)
	return l, err
}

func checkVersion(f *rawjson.Fields) error {
	v, ok := f.Get("v")
	switch n := string(v); {
	case !ok || strings.Trim(n, "0123456789") != "" || strings.HasPrefix(n, "0"):
		return errors.New("it has no version: want the member v")
	case n != "1":
		return fmt.Errorf("it is of version %.20s and this program reads version %d: use a newer leat here", n, LabelVersion)
	}
	return nil
}

// labelMember reads a text that may be in base64 instead. If a label has both, that
// counts.
func labelMember(f *rawjson.Fields, name string) (string, error) {
	encoded, err := labelText(f, name+suffix64)
	switch {
	case err != nil:
		return "", err
	case encoded == "":
		return labelText(f, name)
	}
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", fmt.Errorf("its %s%s is not in base64: %w", name, suffix64, err)
	}
	return string(text), nil
}

// labelText reads a member that is a string. Null means that there is none.
func labelText(f *rawjson.Fields, name string) (string, error) {
	v, ok := f.Get(name)
	switch kind := rawjson.KindOf(v); {
	case !ok || kind == rawjson.Null:
		return "", nil
	case kind != rawjson.String:
		return "", fmt.Errorf("its %s is a %s: want a string", name, kind)
	}
	return rawjson.Text(v), nil
}

// readMarks returns the marks that concern this flow too.
func readMarks(f *rawjson.Fields) (list []pair, err error) {
	meta, ok := f.Get("meta")
	if !ok || rawjson.KindOf(meta) == rawjson.Null {
		return nil, nil
	}
	if rawjson.KindOf(meta) != rawjson.Object {
		return nil, fmt.Errorf("its meta is a %s: want an object", rawjson.KindOf(meta))
	}
	n := 0
	for key, value := range rawjson.Members(meta) {
		if n++; n > maxMarks {
			return nil, fmt.Errorf("it has more than %d marks", maxMarks)
		}
		name := rawjson.Text(key)
		if !isMark(name) || name == MarkReplayed {
			continue
		}
		if rawjson.KindOf(value) != rawjson.String {
			return nil, fmt.Errorf("its mark %.40q is a %s: want a string", name, rawjson.KindOf(value))
		}
		list = append(list, pair{name, rawjson.Text(value)})
	}
	return list, nil
}
