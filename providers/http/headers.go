package http

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

const (
	leatPrefix = "X-Leat-"
	// tokenChars are the characters that names of headers are made of.
	tokenChars = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// headersOf says in headers what the event is: leat.late_by becomes
// X-Leat-Late-By.
func headersOf(e *pipeline.Event) http.Header {
	h := make(http.Header, 8)
	for name, value := range e.Headers() {
		h.Set(headerName(name), escape(value))
	}
	if e.ID != "" {
		h.Set("Idempotency-Key", escape(e.ID))
	}
	return h
}

func headerName(name string) string {
	return leatPrefix + strings.Map(func(r rune) rune {
		if r == '_' || r == '.' || !strings.ContainsRune(tokenChars, r) {
			return '-'
		}
		return r
	}, strings.TrimPrefix(name, "leat."))
}

// escape percent-encodes what a header cannot hold, so that no value can begin
// another header, and every decoder of URLs gives the value back.
func escape(value string) string {
	if headerSafe(value) && !strings.Contains(value, "%") && strings.TrimSpace(value) == value {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		c := value[i]
		outer := i == 0 || i == len(value)-1
		if c < ' ' || c > '~' || c == '%' || c == ' ' && outer {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// headerSafe reports whether text is printable ASCII.
func headerSafe(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// anyDepth is for questions about JSON that nesting has nothing to do with.
const anyDepth = 1 << 20

// contentType is what the settings say, or what the body looks like.
func (c *client) contentType(body []byte) string {
	switch {
	case c.config.ContentType != "":
		return c.config.ContentType
	case rawjson.Check(body, anyDepth) == nil:
		return "application/json"
	case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n\ufeff"), []byte("<")):
		return "text/xml"
	}
	return "application/octet-stream"
}
