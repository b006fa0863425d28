package http

import (
	"net/http"
	"slices"
	"strings"
)

const headerPrefix = "http.header."

// unlisted are headers that must not travel on: they let somebody in.
var unlisted = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// requestMeta is what is known about a request, read only when somebody asks. It
// does not keep the request itself, and with it the buffers of its connection,
// for as long as an event is held. Nobody changes a header after its request.
type requestMeta struct {
	path, remote string
	header       http.Header
}

func newRequestMeta(q *http.Request) *requestMeta {
	return &requestMeta{q.URL.Path, q.RemoteAddr, q.Header}
}

// Lookup implements [pipeline.MetaSource].
func (m *requestMeta) Lookup(key string) (string, bool) {
	switch key {
	case "http.path":
		return m.path, true
	case "http.remote":
		return m.remote, true
	}
	lower, ok := strings.CutPrefix(key, headerPrefix)
	if !ok {
		return "", false
	}
	name := http.CanonicalHeaderKey(lower)
	values := m.header.Values(name)
	if len(values) == 0 || slices.Contains(unlisted, name) {
		return "", false
	}
	return strings.Join(values, ", "), true
}

// Each implements [pipeline.MetaSource].
func (m *requestMeta) Each(f func(key, value string)) {
	f("http.path", m.path)
	f("http.remote", m.remote)
	for name, values := range m.header {
		if !slices.Contains(unlisted, name) {
			f(headerPrefix+strings.ToLower(name), strings.Join(values, ", "))
		}
	}
}
