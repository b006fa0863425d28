package enrich

import (
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leat-io/leat/pipeline"
)

// Address is the template of a URL. Its scheme and host are written out, and the
// values in it can only ever fill the place they were given: in the path they are
// names, in the query values.
type Address struct{ Template }

// append appends the URL for an event. The second result is false when a value is
// null or empty, which names nothing: without it the URL would be one of another
// kind, such as that of a list.
func (a *Address) append(dst []byte, e *pipeline.Event) ([]byte, bool, error) {
	odd := false
	dst, ok, err := a.Template.append(dst, e, func(dst []byte, value string) ([]byte, bool) {
		dst, plain := appendEscaped(dst, value)
		odd = odd || !plain
		return dst, value != ""
	})
	if ok && odd {
		err = checkPath(string(dst))
	}
	return dst, ok && err == nil, err
}

// appendEscaped percent-encodes everything that could mean something in a URL. Plain
// is true when there is nothing but letters, digits, hyphens, underscores and tildes.
func appendEscaped(dst []byte, value string) (_ []byte, plain bool) {
	const digits = "0123456789ABCDEF"
	plain = true
	for i := range len(value) {
		c := value[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '~':
			dst = append(dst, c)
		case c == '.':
			dst, plain = append(dst, c), false
		default:
			dst, plain = append(dst, '%', digits[c>>4], digits[c&15]), false
		}
	}
	return dst, plain
}

var (
	errClimbs  = errors.New("a part of the path is nothing but dots, which leads out of its place")
	errControl = errors.New("the path holds a control character")
	errEncoded = errors.New("a part of the path is percent-encoded too many times over")
	errText    = errors.New("the path is not UTF-8")
)

// checkPath refuses a URL whose path another program could read as a different one.
// Encoding is not enough: proxies decode paths, some of them more than once, and then
// resolve the dots that they find.
func checkPath(address string) error {
	path, _, _ := strings.Cut(address, "?")
	for range maxDecodings {
		switch {
		case climbs(path):
			return pipeline.Reject(errClimbs)
		case strings.ContainsFunc(path, unicode.IsControl):
			return pipeline.Reject(errControl)
		case !utf8.ValidString(path): // such as a dot of two bytes, which some decoders take for one
			return pipeline.Reject(errText)
		}
		decoded := unescape(path)
		if decoded == path {
			return nil
		}
		path = decoded
	}
	return pipeline.Reject(errEncoded)
}

// maxDecodings is more than any chain of proxies decodes a path.
const maxDecodings = 5

// climbs reports whether a segment of a path is nothing but dots. Some servers take a
// backslash for a slash, and leave out spaces and what follows a semicolon; in a path that
// was decoded a question mark or hash may end it.
func climbs(path string) bool {
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
		name := segment
		if end := strings.IndexAny(segment, ";?#"); end >= 0 {
			name = segment[:end]
		}
		if name != "" && strings.Trim(name, ". ") == "" {
			return true
		}
	}
	return false
}

// unescape decodes what is percent-encoded once, and leaves a percent sign alone that
// encodes nothing, as lenient servers do.
func unescape(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if b, err := hex.DecodeString(path[i+1 : i+3]); err == nil {
				out.WriteByte(b[0])
				i += 2
				continue
			}
		}
		out.WriteByte(path[i])
	}
	return out.String()
}

var (
	errURL   = errors.New(`want a URL such as "https://api.example.com/stations/{body.code}"`)
	errFixed = errors.New("scheme and host must be written out: an expression may only stand behind the / or ? that follows the host")
	errUser  = errors.New("must not hold a user or password: use headers")
	errPart  = errors.New("must not hold a #, which is never sent")
	errWords = errors.New("what is not an expression must be percent-encoded ASCII, without spaces and backslashes")
)

// check returns the URL with a harmless value in it. The error does not repeat it:
// it may hold secrets.
func (a *Address) check() (*url.URL, error) {
	sample := ""
	for _, p := range a.parts {
		switch {
		case p.expr == nil:
			sample += p.text
		case !hostEnds(sample):
			return nil, errFixed
		default:
			sample += "x"
		}
	}
	u, err := url.Parse(sample)
	switch {
	case strings.ContainsFunc(sample, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }):
		return nil, errWords
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errURL
	case u.User != nil:
		return nil, errUser
	case strings.Contains(sample, "#"):
		return nil, errPart
	}
	return u, checkPath(sample)
}

// hostEnds reports whether the beginning of a URL says all of its host.
func hostEnds(begin string) bool {
	_, rest, found := strings.Cut(begin, "://")
	return found && strings.ContainsAny(rest, "/?")
}
