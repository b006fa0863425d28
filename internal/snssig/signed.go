package snssig

import (
	"bytes"
	"encoding/base64"

	"github.com/leat-io/leat/internal/rawjson"
)

// The signed fields, in the order in which they are signed.
var (
	signedNotification = []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	signedConfirmation = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
)

// appendSigned appends the string to sign: the name of each field and its value,
// each with a line feed.
func (e *Envelope) appendSigned(dst []byte, kind string) ([]byte, error) {
	names := signedConfirmation
	if kind == Notification {
		names = signedNotification
	}
	for _, name := range names {
		v, ok := e.fields.Get(name)
		if name == "Subject" && (!ok || rawjson.KindOf(v) == rawjson.Null) {
			continue
		}
		if !ok || rawjson.KindOf(v) != rawjson.String {
			return dst, missing(name)
		}
		dst = append(append(dst, name...), '\n')
		start := len(dst)
		dst = rawjson.AppendText(dst, v)
		if err := checkValue(name, dst[start:]); err != nil {
			return dst, err
		}
		dst = append(dst, '\n')
	}
	return dst, nil
}

// checkValue keeps the string to sign from being read in two ways, see the
// package's comment.
func checkValue(name string, value []byte) error {
	switch {
	case name == "Message":
		return nil
	case len(value) == 0 && name != "Subject":
		return refuse("its %s is empty", name)
	case bytes.ContainsFunc(value, isControl):
		return refuse("its %s holds a control character", name)
	}
	return nil
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// maxSignature is that of a key of 8192 bits.
const maxSignature = 1024

var strictBase64 = base64.StdEncoding.Strict()

// appendSignature appends the envelope's signature. Every signature has exactly
// one spelling: no line feeds, which Go's decoder would pass over, and no bits
// behind the end.
func (e *Envelope) appendSignature(dst []byte) ([]byte, error) {
	v, ok := e.fields.Get("Signature")
	if !ok || rawjson.KindOf(v) != rawjson.String {
		return dst, missing("Signature")
	}
	var room [base64Room]byte
	text := rawjson.AppendText(room[:0], v)
	if len(text) > len(room) || bytes.ContainsAny(text, "\r\n") {
		return dst, errSignatureText
	}
	dst, err := strictBase64.AppendDecode(dst, text)
	if err != nil {
		return dst, errSignatureText
	}
	return dst, nil
}

const base64Room = (maxSignature + 2) / 3 * 4

var errSignatureText = refuse("its Signature is not base64")
