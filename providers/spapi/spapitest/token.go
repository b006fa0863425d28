package spapitest

import (
	"net/http"
	"strings"
	"time"
)

const (
	tokenPath = "/auth/o2/token"
	scope     = "sellingpartnerapi::notifications"
	lifetime  = time.Hour
)

// serveToken is Login with Amazon.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.ParseForm() != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	seller, refusal := s.grantFor(r)
	if refusal != "" {
		status := http.StatusBadRequest
		if refusal == "invalid_client" {
			status = http.StatusUnauthorized
		}
		writeJSON(w, status, map[string]string{"error": refusal, "error_description": "the double refuses this"})
		return
	}
	s.perform(w, Call{Operation: "token", Bearer: seller}, func() (int, any) {
		token := s.newID("Atza|token")
		s.tokens[token] = grant{seller, s.options.Clock.Now().Add(lifetime)}
		return http.StatusOK, map[string]any{"access_token": token, "token_type": "bearer", "expires_in": int(lifetime / time.Second)}
	})
}

// grantFor finds out whom a token is for, or why there is none. A scope and a refresh
// token exclude each other.
func (s *Server) grantFor(r *http.Request) (seller, refusal string) {
	form := r.PostForm
	refresh, scoped := form.Get("refresh_token"), form.Get("scope")
	seller, known := s.options.Sellers[refresh]
	switch kind := form.Get("grant_type"); {
	case form.Get("client_id") != s.options.ClientID || form.Get("client_secret") != s.options.ClientSecret:
		return "", "invalid_client"
	case scoped != "" && refresh != "":
		return "", "invalid_request"
	case kind == "client_credentials" && scoped == scope:
		return "", ""
	case kind == "client_credentials":
		return "", "invalid_scope"
	case kind != "refresh_token":
		return "", "unsupported_grant_type"
	case !known:
		return "", "invalid_grant"
	}
	return seller, ""
}
