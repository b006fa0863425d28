package awsapi

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/leat-io/leat/internal/rawjson"
)

// Error is the answer of a service that refused a request.
type Error struct {
	// Code is AWS's name for the reason, such as AccessDenied, without the
	// namespace that some protocols put before it; "" when the answer had none.
	Code    string
	Message string
	Status  int
	// XML says that the answer was XML.
	XML bool
	// RetryAfter is how long the service asks to wait; 0: it does not say.
	RetryAfter time.Duration

	clock bool // the signature was refused because of our clock, which is mended now
}

func (e *Error) Error() string {
	what := cmp.Or(e.Code, fmt.Sprintf("status %d", e.Status))
	if e.Message == "" {
		return what
	}
	return what + ": " + e.Message
}

const maxMessage = 300 // bytes of a service's message that are repeated

func parseError(answer *http.Response, body []byte) *Error {
	e := &Error{Status: answer.StatusCode, RetryAfter: retryAfter(answer)}
	if text := strings.TrimSpace(string(body[:min(len(body), 64)])); strings.HasPrefix(text, "<") {
		e.XML = true
		e.readXML(body)
	} else if rawjson.Check(body, 64) == nil {
		e.readJSON(body)
	}
	// AWS's JSON services say in this header what the query protocol called it,
	// as "Code;Sender".
	if code, _, _ := strings.Cut(answer.Header.Get("x-amzn-query-error"), ";"); code != "" {
		e.Code = code
	}
	e.Code = short(strings.TrimPrefix(e.Code, "AWS.SimpleQueueService."))
	e.Message = printable(e.Message)
	return e
}

func (e *Error) readJSON(body []byte) {
	text := func(names ...string) string {
		for _, name := range names {
			if v, ok := rawjson.NewPath(name).Find(body); ok && rawjson.KindOf(v) == rawjson.String {
				return rawjson.Text(v)
			}
		}
		return ""
	}
	e.Code, e.Message = text("__type", "code", "Code"), text("message", "Message")
}

func (e *Error) readXML(body []byte) {
	var found struct {
		Error struct{ Code, Message string }
		// Some answer with <Response><Errors><Error>.
		Errors struct {
			Error []struct{ Code, Message string }
		}
	}
	if xml.Unmarshal(body, &found) != nil {
		return
	}
	e.Code, e.Message = found.Error.Code, found.Error.Message
	if e.Code == "" && len(found.Errors.Error) > 0 {
		e.Code, e.Message = found.Errors.Error[0].Code, found.Errors.Error[0].Message
	}
}

// short is a code without the namespace before # and the URL behind a colon.
func short(code string) string {
	if i := strings.LastIndexByte(code, '#'); i >= 0 {
		code = code[i+1:]
	}
	code, _, _ = strings.Cut(code, ":")
	return printable(code)
}

// printable keeps what a service says from breaking a log.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return strings.TrimSpace(s)
}

func retryAfter(answer *http.Response) time.Duration {
	d, err := time.ParseDuration(answer.Header.Get("Retry-After") + "s")
	if err != nil || d < 0 {
		return 0
	}
	return min(d, time.Hour)
}

var (
	throttles = []string{"Throttling", "ThrottlingException", "RequestThrottled", "RequestThrottledException", "Throttled", "ThrottledException", "TooManyRequests", "TooManyRequestsException", "RequestLimitExceeded", "LimitExceeded", "LimitExceededException", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "TransactionInProgressException", "KMS.ThrottlingException", "KMSThrottling", "KMSThrottlingException", "KmsThrottled", "OverLimit"}
	transient = []string{"InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException", "ExpiredToken", "ExpiredTokenException"}
	denials   = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException", "KMS.AccessDeniedException", "KmsAccessDenied", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "MissingAuthenticationToken", "NotAuthorized", "OptInRequired", "InvalidSecurity"}
	badKeys   = []string{"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException"}
	unknowns  = []string{"InvalidAction", "UnknownOperation", "UnknownOperationException", "UnsupportedOperation", "ActionNotFound", "NotImplemented", "ActionNotImplemented"}
)

// Throttled reports whether a service asks to be asked less.
func Throttled(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusTooManyRequests || slices.Contains(throttles, e.Code))
}

// Transient reports whether the same request may succeed later: nothing is known
// of an answer, the service has trouble, or it is throttled.
func Transient(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return true
	}
	return e.clock || Throttled(err) || e.Status >= 500 || e.Status == http.StatusRequestTimeout || slices.Contains(transient, e.Code)
}

// Denied reports whether the caller may not do what it asked for.
func Denied(err error) bool {
	var e *Error
	return errors.As(err, &e) && !e.clock && (slices.Contains(denials, e.Code) || e.Code == "" && (e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized))
}

// BadKey reports whether the service does not know the credentials, or not this
// secret of theirs: no right could change that.
func BadKey(err error) bool {
	var e *Error
	return errors.As(err, &e) && !e.clock && slices.Contains(badKeys, e.Code)
}

// Unknown reports whether the service does not know the action at all.
func Unknown(err error) bool {
	var e *Error
	return errors.As(err, &e) && (slices.Contains(unknowns, e.Code) || e.Code == "" && (e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotImplemented))
}

// Code returns the service's name for the reason of a refusal, or "".
func Code(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}
