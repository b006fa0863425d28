package spapitest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"net/http/httptest"
)

// client calls a server without a network.
type client struct {
	t *testing.T
	s *Server
}

func (c client) do(method, path, token, body string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://amazon"+path, strings.NewReader(body))
	r.Header.Set("x-amz-access-token", token)
	r.Header.Set("User-Agent", "test/1")
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	return w
}

func (c client) ask(form url.Values) (token, refusal string) {
	c.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://amazon"+tokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string
	}
	if err := json.NewDecoder(w.Body).Decode(&answer); err != nil {
		c.t.Fatal(err)
	}
	return answer.AccessToken, answer.Error
}

func form(pairs ...string) url.Values {
	f := url.Values{"client_id": {"client"}, "client_secret": {"secret"}}
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

func newClient(t *testing.T) (c client, app, seller string) {
	t.Helper()
	c = client{t, Handler(Options{Sellers: map[string]string{"Atzr|a": "a"}})}
	app, _ = c.ask(form("grant_type", "client_credentials", "scope", scope))
	seller, _ = c.ask(form("grant_type", "refresh_token", "refresh_token", "Atzr|a"))
	if app == "" || seller == "" {
		t.Fatal("no tokens")
	}
	return c, app, seller
}

func TestTokensAreGivenForWhatIsAskedRight(t *testing.T) {
	c, _, _ := newClient(t)
	for want, f := range map[string]url.Values{
		"invalid_client":         form("client_secret", "other", "grant_type", "client_credentials", "scope", scope),
		"invalid_scope":          form("grant_type", "client_credentials"),
		"invalid_request":        form("grant_type", "refresh_token", "refresh_token", "Atzr|a", "scope", scope),
		"invalid_grant":          form("grant_type", "refresh_token", "refresh_token", "Atzr|b"),
		"unsupported_grant_type": form("grant_type", "password"),
	} {
		if token, refusal := c.ask(f); token != "" || refusal != want {
			t.Errorf("%v: %q, %q", f, token, refusal)
		}
	}
}

func TestATokenOfTheWrongKindIsRefused(t *testing.T) {
	for shape, op := range operations {
		method, path, _ := strings.Cut(shape, " ")
		path = "/notifications/v1/" + strings.NewReplacer("{type}", "ORDER_CHANGE", "{id}", "x").Replace(path)
		c, app, seller := newClient(t)
		right, wrong := seller, app
		if op.grantless {
			right, wrong = app, seller
		}
		for _, token := range []string{wrong, "", "other"} {
			if w := c.do(method, path, token, "{}"); w.Code != http.StatusForbidden {
				t.Errorf("%s with the token %q: %d", op.name, token, w.Code)
			}
		}
		w := c.do(method, path, right, "{}")
		if denied := w.Code == http.StatusForbidden; denied != (op.name == "sendTestNotification") { // outside of the sandbox
			t.Errorf("%s with the right token: %d", op.name, w.Code)
		}
	}
}

func TestATokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, app, _ := newClient(t)
		if w := c.do(http.MethodGet, "/notifications/v1/destinations", app, ""); w.Code != http.StatusOK {
			t.Errorf("%d", w.Code)
		}
		time.Sleep(time.Hour)
		if w := c.do(http.MethodGet, "/notifications/v1/destinations", app, ""); w.Code != http.StatusForbidden {
			t.Errorf("after an hour: %d", w.Code)
		}
	})
}

func TestCallsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, app, seller := newClient(t)
		get := func() int { return c.do(http.MethodGet, "/notifications/v1/destinations", app, "").Code }
		for range 5 {
			if code := get(); code != http.StatusOK {
				t.Fatalf("within the burst: %d", code)
			}
		}
		w := c.do(http.MethodGet, "/notifications/v1/destinations", app, "")
		if w.Code != http.StatusTooManyRequests || w.Header().Get("x-amzn-RateLimit-Limit") != "1" {
			t.Errorf("the sixth: %d, %v", w.Code, w.Header())
		}
		if w := c.do(http.MethodGet, "/notifications/v1/subscriptions/ORDER_CHANGE", seller, ""); w.Code != http.StatusNotFound {
			t.Errorf("another operation: %d", w.Code)
		}
		time.Sleep(time.Second)
		if first, second := get(), get(); first != http.StatusOK || second != http.StatusTooManyRequests {
			t.Errorf("a second later: %d, %d", first, second)
		}
	})
}

func TestWhatExistsIsNotMadeAgain(t *testing.T) {
	c, app, seller := newClient(t)
	body := `{"name":"d","resourceSpecification":{"sqs":{"arn":"arn:aws:sqs:eu-west-1:1:q"}}}`
	for _, want := range []int{http.StatusOK, http.StatusConflict} {
		if w := c.do(http.MethodPost, "/notifications/v1/destinations", app, body); w.Code != want {
			t.Errorf("destination: %d %s", w.Code, w.Body)
		}
	}
	body = `{"payloadVersion":"1.0","destinationId":"` + c.s.Destinations()[0].ID + `"}`
	for _, want := range []int{http.StatusOK, http.StatusConflict} {
		if w := c.do(http.MethodPost, "/notifications/v1/subscriptions/ORDER_CHANGE", seller, body); w.Code != want {
			t.Errorf("subscription: %d %s", w.Code, w.Body)
		}
	}
	for _, body := range []string{`{}`, `{"name":"e","resourceSpecification":{"sqs":{"arn":"x"},"eventBridge":{"accountId":"1","region":"r"}}}`, `{"name":"e","resourceSpecification":{"sqs":{"arn":"arn:aws:sqs:eu-west-1:1:q.fifo"}}}`} {
		if w := c.do(http.MethodPost, "/notifications/v1/destinations", app, body); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
}

func TestAnAgentHasToBeNamed(t *testing.T) {
	s := New(t, Options{})
	r, _ := http.NewRequest(http.MethodGet, s.URL+"/notifications/v1/destinations", nil)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), "User-Agent") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	http.DefaultClient.CloseIdleConnections()
}
