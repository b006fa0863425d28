package snssig

import (
	"context"
	"errors"
)

// Patient are certificates for whoever loses a message by refusing it, as an HTTP
// endpoint does. That there is no certificate where a message says is never
// permanent then: it may be SNS that is in the wrong for a while. What was found
// is remembered as ever, so that it costs no more requests.
type Patient struct{ Certificates }

func (p Patient) find(ctx context.Context, at place) ([]*Certificate, error) {
	list, err := p.Certificates.find(ctx, at)
	var e *Error
	if !errors.As(err, &e) || !e.Permanent {
		return list, err
	}
	later := *e
	later.Permanent = false
	return nil, &later
}

// Forged reports whether err says that the signature does not fit the
// certificate. If that is a pinned one, SNS may merely have a new one.
func Forged(err error) bool { return errors.Is(err, errForged) }
