package tikitest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token is who somebody is that calls.
type token struct {
	owner  string    // of the queues that it can be used for
	seller string    // whose events it can subscribe to, "" for nobody's
	until  time.Time // zero: it lasts
}

const clientOwner = "client"

// giveToken answers Basic client_id:client_secret and grant_type=client_credentials.
func (s *Server) giveToken(c *call) (any, *refusal) {
	id, secret, ok := c.request.BasicAuth()
	if !ok || id != s.options.ClientID || secret != s.options.ClientSecret {
		return nil, &refusal{http.StatusUnauthorized, "invalid_client"}
	}
	form, err := url.ParseQuery(c.Body)
	if err != nil || c.request.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || form.Get("grant_type") != "client_credentials" {
		return nil, &refusal{http.StatusBadRequest, "unsupported_grant_type"}
	}
	text := "token-" + s.newID()
	t := &token{owner: clientOwner, until: s.now().Add(s.options.TokenTTL)}
	if s.options.InHouse {
		t.seller = sellerID(clientOwner)
	}
	s.tokens[text] = t
	return map[string]any{"access_token": text, "token_type": "bearer", "expires_in": int(s.options.TokenTTL / time.Second), "scope": ""}, nil
}

// tokenOf returns whose token a request carries, nil for one that is not valid. It needs
// the lock.
func (s *Server) tokenOf(r *http.Request) *token {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	t := s.tokens[text]
	if !ok || t == nil || !t.until.IsZero() && !s.now().Before(t.until) {
		return nil
	}
	return t
}

// ExpireTokens ends all tokens that the client has got, before their time.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for text, t := range s.tokens {
		if !t.until.IsZero() {
			delete(s.tokens, text)
		}
	}
}

// Revoke ends a seller's token.
func (s *Server) Revoke(sellerToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, sellerToken)
}

// SellerID returns the sid of the seller whose token that is, which the seller's events
// carry.
func (s *Server) SellerID(sellerToken string) string { return sellerID(sellerToken) }

func sellerID(of string) string {
	sum := sha256.Sum256([]byte(of))
	return strings.ToUpper(hex.EncodeToString(sum[:20]))
}
