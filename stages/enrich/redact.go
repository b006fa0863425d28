package enrich

import (
	"net/url"
	"slices"
	"strings"
)

// redactor hides the secrets of a lookup in texts from outside: what is wrong with an
// answer may quote it, and a service may quote what it was sent.
type redactor struct{ replace *strings.Replacer }

// shortest is how long a text must be to count as secret: hiding every "1" would
// hide the error.
const shortest = 4

func newRedactor(c HTTPConfig, where *url.URL) *redactor {
	secrets := []string{where.RawQuery}
	for _, values := range where.Query() {
		secrets = append(secrets, values...)
	}
	for _, value := range c.Headers {
		secrets = append(append(secrets, value.Reveal()), strings.Fields(value.Reveal())...) // Bearer and the token
	}
	// The longest first, lest a part of one is hidden and the rest is not.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range secrets {
		if len(s) >= shortest {
			pairs = append(pairs, s, "***")
		}
	}
	return &redactor{strings.NewReplacer(pairs...)}
}

func (r *redactor) in(text string) string { return r.replace.Replace(text) }
