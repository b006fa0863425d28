package tiki

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// keys has the token that requests carry: one that was given, or the last one that was
// fetched. Calls that need one while it is being fetched wait for it.
type keys struct {
	c     *client
	basic string        // what a token is fetched with, "" for one that was given
	turn  chan struct{} // has room for whoever fetches one

	mu      sync.Mutex
	current string
	until   time.Time // when another one is fetched; zero: it is not known to end
	before  string    // the one before, which answers may still quote
}

// renewBefore is how long before its end a token is not used any more.
const renewBefore = time.Minute

func (k *keys) init(c *client) {
	k.c, k.turn = c, make(chan struct{}, 1)
	if k.current = c.account.Token.Reveal(); k.current != "" {
		return
	}
	secret := c.account.ClientSecret.Reveal()
	k.basic = base64.StdEncoding.EncodeToString([]byte(c.account.ClientID + ":" + secret))
}

// get returns a token, which it fetches if there is none that lasts.
func (k *keys) get(ctx context.Context) (string, error) {
	if key := k.valid(); key != "" {
		return key, nil
	}
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-k.turn }()
	if key := k.valid(); key != "" {
		return key, nil
	}
	return k.fetch(ctx)
}

func (k *keys) valid() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.until.IsZero() && !k.c.clock.Now().Before(k.until) {
		return ""
	}
	return k.current
}

// forget has another token be fetched, and reports whether there can be one.
func (k *keys) forget(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.basic == "" {
		return false
	}
	if k.current == key {
		k.before, k.current = key, ""
	}
	return true
}

// fetch gets a token. Its errors never quote an answer that holds one.
func (k *keys) fetch(ctx context.Context) (string, error) {
	where, _ := url.Parse(k.c.account.TokenURL) // Validate has seen it
	what := "POST " + where.Scheme + "://" + where.Host + where.Path
	header := http.Header{"Authorization": {"Basic " + k.basic}, "Content-Type": {"application/x-www-form-urlencoded"}}
	body, err := k.c.send(ctx, what, http.MethodPost, k.c.account.TokenURL, header, []byte("grant_type=client_credentials"))
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	key, lasts, ok := readToken(body)
	if !ok {
		return "", fmt.Errorf("get a token: %s: %w: want access_token and expires_in", what, errNotUnderstood)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != "" {
		k.before = k.current
	}
	k.current, k.until = key, time.Time{}
	if lasts > 0 {
		k.until = k.c.clock.Now().Add(lasts - min(renewBefore, lasts/2))
	}
	return key, nil
}

// maxToken is how long a token may be: it is part of every request.
const maxToken = 8 << 10

// readToken reads an answer that holds a token, and how long it lasts; 0: it is not known.
func readToken(body []byte) (key string, lasts time.Duration, ok bool) {
	var fields rawjson.Fields
	if fields.CheckIndex(body, 16) != nil {
		return "", 0, false
	}
	raw, _ := fields.Get("access_token")
	if rawjson.KindOf(raw) != rawjson.String {
		return "", 0, false
	}
	key = rawjson.Text(raw)
	if expires, found := fields.Get("expires_in"); found {
		lasts = seconds(rawjson.Text(expires))
	}
	return key, lasts, key != "" && len(key) <= maxToken && isHeaderText(key)
}

// seconds reads a number of seconds, a year at most; what is none is 0.
func seconds(text string) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, 365*24*3600)) * time.Second
}

// shortest is how long a text must be to count as secret: hiding every "1" would hide the
// error.
const shortest = 4

// hide leaves out the secrets of an account from a text that came from outside.
func (k *keys) hide(text string) string {
	k.mu.Lock()
	secrets := []string{k.current, k.before, k.basic, k.c.account.ClientSecret.Reveal()}
	k.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= shortest {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}
