package tiki

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Account says who calls Tiki, and where it is.
type Account struct {
	// ClientID is the id of an application. With its secret, a token is fetched when one
	// is needed, and another one when Tiki takes it no more. A client platform has the
	// queue as itself and needs no token of a seller to pull; to an application of a
	// seller's own, the token is also the seller's.
	ClientID string `yaml:"client_id"`
	// ClientSecret belongs to client_id.
	ClientSecret conf.Secret `yaml:"client_secret"`
	// Token is a token that somebody else has got, such as a seller's for a queue of its
	// own, instead of client_id and client_secret. When Tiki takes it no more the source
	// waits for a restart with another one.
	Token conf.Secret `yaml:"token"`
	// BaseURL is where queues are. It must be https unless it is on this machine.
	BaseURL string `yaml:"base_url"`
	// TokenURL is where tokens are fetched. It must be https, too. Connections go through
	// the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment name, and no
	// redirect is followed.
	TokenURL string `yaml:"token_url"`
	// Timeout is how long one request may take, with its answer.
	Timeout time.Duration `yaml:"timeout"`
	// MaxResponse is how large an answer may be. One that is larger is a failure, for the
	// same events would come again: make it larger then.
	MaxResponse conf.Size `yaml:"max_response"`
}

// Validate reports settings that cannot work.
func (a Account) Validate() error {
	errs := []error{checkURL("base_url", a.BaseURL), checkURL("token_url", a.TokenURL)}
	need := func(ok bool, field, message string) {
		if !ok {
			errs = append(errs, pipeline.FieldError(field, "%s", message))
		}
	}
	hasClient := a.ClientID != "" || a.ClientSecret != ""
	need(hasClient || a.Token != "", "client_id", "want client_id and client_secret, or token")
	need(!hasClient || a.Token == "", "token", "token and client_id exclude each other: keep one of them")
	need(a.ClientID == "" || a.ClientSecret != "", "client_secret", "client_id needs client_secret beside it")
	need(a.ClientSecret == "" || a.ClientID != "", "client_id", "client_secret needs client_id beside it")
	need(!strings.Contains(a.ClientID, ":"), "client_id", "must not have a colon in it, which ends it where it is sent")
	need(isHeaderText(a.Token.Reveal()), "token", "must be printable ASCII without spaces")
	need(a.Timeout > 0, "timeout", "must be longer than 0s")
	need(a.MaxResponse >= 1<<10 && a.MaxResponse <= maxResponse, "max_response", "want 1KiB to 256MiB")
	return errors.Join(errs...)
}

const maxResponse = 256 << 20

// isHeaderText reports whether a text can be a token in a header.
func isHeaderText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// checkURL does not repeat the URL, nor what url.Parse has to say about it: somebody may
// have put a secret into it.
func checkURL(field, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return pipeline.FieldError(field, `want a URL without a user and a query, such as "%s"`, defaultBaseURL)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return pipeline.FieldError(field, "want https: secrets are sent there")
	}
	return nil
}

func isLoopback(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.IsLoopback()
}
