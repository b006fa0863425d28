package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guarded lets through only what may come: of a browser, what this page itself sends.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		setHeaders(w.Header())
		select {
		case s.places <- struct{}{}:
			defer func() { <-s.places }()
		default:
			problem(w, http.StatusServiceUnavailable, "too many requests at the same time")
			return
		}
		if text := s.refusal(q); text != "" {
			problem(w, http.StatusForbidden, text)
			return
		}
		q.Body = http.MaxBytesReader(w, q.Body, maxBody)
		next.ServeHTTP(w, q)
	})
}

// setHeaders says what a browser may do with the answers: show them in this page and
// nothing else.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// refusal says why a request is not answered, or "".
func (s *Server) refusal(q *http.Request) string {
	switch {
	case s.o.Config.Token == "" && !isLocal(q.Host):
		// A page elsewhere can have its own name lead here; it cannot have the name
		// that the browser sends be one of these.
		return "this listener has no token, and answers only who calls it localhost or by its loopback address"
	case q.Method == http.MethodGet || q.Method == http.MethodHead:
		return ""
	case !isJSON(q.Header.Get("Content-Type")):
		return "want Content-Type: application/json, which other sites cannot send unasked"
	}
	if site := q.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return "the request comes from another site"
	}
	if origin := q.Header.Get("Origin"); origin != "" && origin != "http://"+q.Host && origin != "https://"+q.Host {
		return "the request comes from another origin"
	}
	return ""
}

func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// mayEnter reports whether the caller has shown the token, if there is one. How long that
// takes says nothing of the token.
func (s *Server) mayEnter(q *http.Request) bool {
	want := s.o.Config.Token.Reveal()
	if want == "" {
		return true
	}
	kind, given, _ := strings.Cut(q.Header.Get("Authorization"), " ")
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(strings.TrimSpace(given)))
	return strings.EqualFold(kind, "bearer") && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
