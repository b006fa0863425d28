package tikitest

import (
	"net/http"
	"net/http/httptest"
)

// Direct returns what makes calls to the server without a network.
func (s *Server) Direct() http.RoundTripper { return direct{s} }

type direct struct{ server *Server }

// RoundTrip implements [http.RoundTripper].
func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	if d.dropped(rec, r) {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return nil, http.ErrServerClosed
	}
	return rec.Result(), r.Context().Err()
}

// dropped reports whether the server closed the connection.
func (d direct) dropped(rec *httptest.ResponseRecorder, r *http.Request) (is bool) {
	defer func() {
		if why := recover(); why != nil {
			if is = why == http.ErrAbortHandler; !is {
				panic(why)
			}
		}
	}()
	d.server.ServeHTTP(rec, r)
	return false
}
