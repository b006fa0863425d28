package snssig

import (
	"fmt"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// The types of envelopes.
const (
	Notification             = "Notification"
	SubscriptionConfirmation = "SubscriptionConfirmation"
	UnsubscribeConfirmation  = "UnsubscribeConfirmation"
)

// MaxSize is how many bytes an envelope may have to be verified. SNS takes messages
// of 256 KiB with their attributes, and an escape makes six bytes of one at most:
// that is 1.5 MiB, beside which there is room for the rest of the envelope. Of a
// topic whose own MaximumMessageSize is larger, 1 MiB say, those messages fit that
// escapes do not make twice as long.
const MaxSize = 2 << 20

// Envelope is an SNS envelope as it came in: its fields stay JSON until somebody
// asks for one. The zero value has no fields. It may be read by several
// goroutines at once.
type Envelope struct {
	fields rawjson.Fields
	size   int
}

// Read checks that raw is one JSON value nested at most maxDepth levels, and
// makes e the index of its fields. Of duplicate keys the last counts. raw must
// not change while e is in use. Whether it is an envelope is not looked at: what
// is not an object merely has no fields.
func (e *Envelope) Read(raw []byte, maxDepth int) error {
	e.size = len(raw)
	if err := e.fields.CheckIndex(raw, maxDepth); err != nil {
		return &Error{Reason: "payload is not JSON", Err: err, Permanent: true}
	}
	return nil
}

// Raw returns a field as it is spelled, and whether there is one.
func (e *Envelope) Raw(field string) ([]byte, bool) { return e.fields.Get(field) }

// Text returns the text of a field, "" when there is none or it is not text.
func (e *Envelope) Text(field string) string {
	v, ok := e.fields.Get(field)
	if !ok || rawjson.KindOf(v) != rawjson.String {
		return ""
	}
	return rawjson.Text(v)
}

// Message returns the text that was published, and whether there is one.
func (e *Envelope) Message() ([]byte, bool) {
	v, ok := e.Raw("Message")
	if !ok || rawjson.KindOf(v) != rawjson.String {
		return nil, false
	}
	return rawjson.AppendText(make([]byte, 0, len(v)), v), true
}

// Type returns one of the types above, and "" when the envelope has another one.
func (e *Envelope) Type() string {
	v, _ := e.fields.Get("Type")
	for _, kind := range [...]string{Notification, SubscriptionConfirmation, UnsubscribeConfirmation} {
		if rawjson.EqualText(v, kind) {
			return kind
		}
	}
	return ""
}

// IsText reports whether there is a field that holds text, be it none.
func (e *Envelope) IsText(field string) bool {
	v, ok := e.fields.Get(field)
	return ok && rawjson.KindOf(v) == rawjson.String
}

// Sent returns the envelope's Timestamp, which is when SNS made it. A message
// that SNS sends again keeps it.
func (e *Envelope) Sent() (time.Time, error) {
	t, err := time.Parse(time.RFC3339, e.Text("Timestamp"))
	if err != nil {
		return t, refuse("its Timestamp is not a time")
	}
	return t, nil
}

// certificateURL reads the field in both of its spellings; Lambda functions see
// the second one.
func (e *Envelope) certificateURL() (string, error) {
	for _, name := range [...]string{"SigningCertURL", "SigningCertUrl"} {
		if e.IsText(name) {
			return e.Text(name), nil
		}
	}
	return "", missing("SigningCertURL")
}

func missing(field string) error { return refuse("it has no %s", field) }

// NotEnvelope is the permanent error of an envelope whose Type is none of SNS.
func (e *Envelope) NotEnvelope() error {
	if kind := e.Text("Type"); kind != "" {
		return refuse("not an SNS envelope: its Type is %s", quoted(kind))
	}
	return refuse("not an SNS envelope: it has no Type")
}

// quoted is text from outside as errors show it.
func quoted(text string) string { return fmt.Sprintf("%.80q", text) }
