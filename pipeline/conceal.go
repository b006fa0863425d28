package pipeline

import (
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/internal/redact"
)

// concealed is what of an event may be written down for people: without the values of
// secret fields.
type concealed struct {
	hide     *redact.Redactor
	payload  []byte
	original []byte // what the source gave
	differ   bool   // it is not the payload
	values   redact.Values
	found    bool
}

// conceal looks for secrets in the payload of an event and in what the source gave. Where
// there are none, both stay as they are.
func (p *Pipeline) conceal(e *Event) *concealed {
	c := &concealed{hide: p.hide}
	raw, err := e.Bytes()
	if err != nil {
		raw = e.origin
	}
	c.payload = c.without(raw)
	if c.differ = !e.Split() && string(raw) != string(e.origin); c.differ {
		c.original = c.without(e.origin)
	}
	// The value of a secret field may stand in another: a stage may have put it there.
	c.payload, c.original = c.values.Moved(c.payload), c.values.Moved(c.original)
	return c
}

func (c *concealed) without(text []byte) []byte {
	out, values, found := c.hide.Find(text)
	c.values, c.found = append(c.values, values...), c.found || found
	return out
}

// meta returns a metadata value. Its name is that of a field behind the last dot.
func (c *concealed) meta(name, value string) string {
	switch {
	case c.hide.Idle():
		return value
	case c.hide.Hides(name[strings.LastIndexByte(name, '.')+1:]):
		c.found = true
		return redact.Text
	}
	if kind := rawjson.KindOf([]byte(value)); kind == rawjson.Object || kind == rawjson.Array {
		value = string(c.without([]byte(value)))
	}
	return c.in(value)
}

// in returns a text that may quote the event.
func (c *concealed) in(text string) string {
	if len(c.values) == 0 {
		return text
	}
	out := c.values.In(text)
	c.found = c.found || out != text
	return out
}

// tellable returns an error that may be written down and is err otherwise: it does not
// quote a secret of the event.
func (p *Pipeline) tellable(e *Event, err error) error {
	if err == nil || p.hide.Idle() {
		return err
	}
	text := err.Error()
	if hidden := p.conceal(e).in(text); hidden != text {
		return &untold{hidden, err}
	}
	return err
}

// untold is an error with another text.
type untold struct {
	text string
	err  error
}

func (u *untold) Error() string { return u.text }
func (u *untold) Unwrap() error { return u.err }
