package http

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// redactor hides the secrets of a sink in texts from outside: a receiver may
// quote what it was sent.
type redactor struct{ replace *strings.Replacer }

// shortest is how long a text must be to count as secret: hiding every "1" would
// hide the error.
const shortest = 4

func newRedactor(c SinkConfig, where *url.URL) *redactor {
	secrets := append(querySecrets(where), c.Token.Reveal())
	for _, value := range c.Headers {
		secrets = append(secrets, value.Reveal())
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

// querySecrets returns the query of a URL and its values in all spellings that
// somebody may quote.
func querySecrets(where *url.URL) []string {
	secrets := []string{where.RawQuery}
	for part := range strings.SplitSeq(where.RawQuery, "&") {
		_, raw, _ := strings.Cut(part, "=")
		secrets = append(secrets, raw)
		if value, err := url.QueryUnescape(raw); err == nil {
			secrets = append(secrets, value, url.QueryEscape(value), url.PathEscape(value))
		}
	}
	return secrets
}

func (r *redactor) in(text string) string { return r.replace.Replace(text) }

// printable replaces what would upset a terminal or a log.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
}
