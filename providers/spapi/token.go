package spapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/webcall"
	"github.com/leat-io/leat/pipeline"
)

// tokenURL is where Login with Amazon gives out access tokens.
const tokenURL = "https://api.amazon.com/auth/o2/token"

// bearer is in whose name a call is made: a seller's, by the refresh token that the
// app got from it, or, as the zero value, the app's own. Amazon calls the latter
// grantless.
type bearer struct{ refreshToken conf.Secret }

var grantless bearer

// tokens gets access tokens and keeps them while they are valid. Calls are made one
// after another.
type tokens struct {
	url          string
	clientID     string
	clientSecret conf.Secret
	client       *http.Client
	clock        pipeline.Clock

	kept map[bearer]accessToken
}

type accessToken struct {
	text  conf.Secret
	until time.Time
}

// early is how long before its end a token is not used any more: a call takes time,
// and so does waiting for its turn.
const early = 2 * time.Minute

// get returns a token for calls in somebody's name.
func (t *tokens) get(ctx context.Context, who bearer) (conf.Secret, error) {
	if kept, ok := t.kept[who]; ok && t.clock.Now().Before(kept.until) {
		return kept.text, nil
	}
	asked := t.clock.Now()
	var answer struct {
		AccessToken conf.Secret `json:"access_token"`
		ExpiresIn   int64       `json:"expires_in"`
	}
	body, err := t.ask(ctx, t.form(who))
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.AccessToken == "" {
		return "", errors.New("LWA token: the answer holds no access token")
	}
	life := time.Duration(min(answer.ExpiresIn, 86_400)) * time.Second
	t.kept[who] = accessToken{answer.AccessToken, asked.Add(life - early)}
	return answer.AccessToken, nil
}

// form is what Login with Amazon is asked. It refuses a scope beside a refresh token.
func (t *tokens) form(who bearer) url.Values {
	form := url.Values{"client_id": {t.clientID}, "client_secret": {t.clientSecret.Reveal()}}
	if who == grantless {
		form.Set("grant_type", "client_credentials")
		form.Set("scope", "sellingpartnerapi::notifications")
		return form
	}
	form.Set("grant_type", "refresh_token")
	form.Set("refresh_token", who.refreshToken.Reveal())
	return form
}

func (t *tokens) ask(ctx context.Context, form url.Values) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, webcall.WithoutURL(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	r.Header.Set("User-Agent", userAgent)
	status, header, body, err := exchange(t.client, r)
	if err != nil {
		return nil, fmt.Errorf("LWA token: %w", err)
	}
	if status != http.StatusOK {
		return nil, refusedToken(status, header, body)
	}
	return body, nil
}

// refusedToken reads why there is no token. What the answer says is left out, but for
// the code: it might repeat what it was asked.
func refusedToken(status int, header http.Header, body []byte) error {
	var answer struct{ Error string }
	_ = json.Unmarshal(body, &answer) // without a code, the status tells enough
	return &refusal{call: "LWA token", status: status, code: code(answer.Error), wait: retryAfter(header)}
}

// Codes with which Login with Amazon refuses.
const (
	invalidClient = "invalid_client" // id or secret of the app
	invalidGrant  = "invalid_grant"  // the seller's refresh token
)
