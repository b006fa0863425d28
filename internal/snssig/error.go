package snssig

import (
	"errors"
	"fmt"
	"time"
)

// Error is why an envelope is not accepted, or a subscription not confirmed. All
// errors of this package are one. Its text never holds a Token, a Signature, a
// SubscribeURL or an UnsubscribeURL.
type Error struct {
	// Reason is a short sentence without a full stop.
	Reason string
	// Permanent says that the same envelope will not fare better later: it is
	// forged, broken, foreign or too old. Otherwise nothing is known about the
	// envelope, because SNS could not be asked, and it has to come again.
	Permanent bool
	// After is how long what is in the way will last at least; 0 where that is
	// not known. It is for errors that are not permanent.
	After time.Duration
	// Outdated says that all but the time was right: the certificate was not
	// valid then.
	Outdated bool
	// Elsewhere says that the topic is of a region of which nothing is known here,
	// so that its messages cannot be verified, whatever they are.
	Elsewhere bool
	// Err is what caused it, or nil. Its text is a part of the error's.
	Err error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return e.Reason + ": " + e.Err.Error()
}

// Unwrap returns what caused the error.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports whether err is an [Error] that no repetition will mend.
func Permanent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Permanent
}

// refuse makes a permanent error.
func refuse(format string, args ...any) *Error {
	return &Error{Reason: fmt.Sprintf(format, args...), Permanent: true}
}

// later makes a transient error.
func later(err error, after time.Duration, format string, args ...any) *Error {
	return &Error{Reason: fmt.Sprintf(format, args...), Err: err, After: after}
}
