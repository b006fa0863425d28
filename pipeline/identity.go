package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
)

// Identity is what makes two events the same: one expression, or a list of parts.
// Parts are joined with |, so that no two lists of values give the same text: a | or
// \ in a part has a \ in front, and null is \N.
type Identity struct {
	parts []Expr
	list  bool
}

// UnmarshalNode implements the decoding of settings.
func (id *Identity) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	if id.list = n.Kind == conf.List; !id.list {
		id.parts = make([]Expr, 1)
		conf.Decode(n, &id.parts[0], p)
		return
	}
	if len(n.Items) == 0 {
		p.Errorf(n, "the list of parts is empty")
	}
	id.parts = make([]Expr, len(n.Items))
	for i, item := range n.Items {
		conf.Decode(item, &id.parts[i], p)
	}
}

// IsZero reports whether no identity was given.
func (id Identity) IsZero() bool { return len(id.parts) == 0 }

// Of returns the event's identity. In a list null is a value of its own; when
// all parts are null, or a single expression is, the event's ID serves, and if it
// has none, the digest of its bytes.
func (id Identity) Of(e *Event) (string, error) {
	text, err := id.own(e)
	switch {
	case err != nil || text != "":
		return text, err
	case e.ID != "":
		return e.ID, nil
	}
	raw, err := e.Bytes()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:16]), nil
}

// Digest returns the digest of the event's identity. Where that is the event's own
// ID, its Type counts too; see [Event.Digest].
func (id Identity) Digest(e *Event) (Digest, error) {
	if id.IsZero() {
		return e.Digest(), nil
	}
	text, err := id.own(e)
	switch {
	case err != nil:
		return Digest{}, err
	case text == "" && e.ID != "":
		return e.Digest(), nil
	case text == "":
		text, err = id.Of(e)
	}
	return DigestOf(text), err
}

// own returns the identity that the values of the parts give, or "".
func (id Identity) own(e *Event) (string, error) {
	if !id.list {
		return id.single(e)
	}
	var idSpace, textSpace [128]byte // most identities need no more
	out, text, known := idSpace[:0], textSpace[:0], false
	for i := range id.parts {
		var ok bool
		var err error
		if text, ok, err = id.parts[i].appendText(text[:0], e); err != nil {
			return "", err
		}
		if i > 0 {
			out = append(out, '|')
		}
		if known = known || ok; !ok {
			out = append(out, `\N`...) // null, which no text is written as
			continue
		}
		out = appendEscaped(out, text)
	}
	if !known {
		return "", nil
	}
	return string(out), nil
}

// appendEscaped appends a part so that it neither ends nor is null by accident.
func appendEscaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexAny(text, `|\`)
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i]...), '\\', text[i])
		text = text[i+1:]
	}
}

// appendText is [Expr.Text] into dst.
func (x *Expr) appendText(dst []byte, e *Event) ([]byte, bool, error) {
	if x.path == nil {
		text, ok, err := x.Text(e)
		return append(dst, text...), ok, err
	}
	raw, err := e.Raw(*x.path)
	if err != nil || raw == nil || rawjson.KindOf(raw) == rawjson.Null {
		return dst, false, err
	}
	return rawjson.AppendText(dst, raw), true, nil
}

// single evaluates the only expression. An error means that it met a null: a
// list of parts is for identities with parts that may be missing.
func (id Identity) single(e *Event) (string, error) {
	text, ok, err := id.parts[0].Text(e)
	if err != nil && !id.parts[0].metNull(e) {
		return "", err
	}
	if !ok || err != nil {
		return "", nil
	}
	return text, nil
}

// Shape says what an identity is read from.
func (Identity) Shape() conf.Shape { return conf.OneOrMore(Expr{}.Shape()) }
