package snssig

import (
	"net/url"
	"strings"
)

// place is a URL of SNS that has passed the rules: https, the host of the
// topic's region, nothing in it that two programs could read differently.
type place struct{ host, path, query string }

func (p place) url() string {
	if p.query != "" {
		return "https://" + p.host + p.path + "?" + p.query
	}
	return "https://" + p.host + p.path
}

// onHost takes the scheme and the host off a URL of the topic's region. They are
// compared as text, in the one spelling that SNS uses: no user, port, trailing
// dot, capital or escape gets past that.
func (t *topic) onHost(text string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(text, "https://")
	if !ok {
		return "", false
	}
	host := t.host()
	rest, ok = strings.CutPrefix(rest, host)
	return rest, ok
}

// maxURL is how long a URL may be. Those of SNS have a few hundred bytes.
const maxURL = 2048

// certificatePlace checks a SigningCertURL.
func (t *topic) certificatePlace(text string) (place, error) {
	path, ok := t.onHost(text)
	if !ok || !isCertificatePath(path) {
		return place{}, refuse("its SigningCertURL %s is not https://%s/….pem", quoted(text), t.host())
	}
	return place{host: t.host(), path: path}, nil
}

// isCertificatePath leaves no room for a query, a fragment, an escape or dots
// that lead elsewhere.
func isCertificatePath(path string) bool {
	return len(path) <= maxURL && strings.HasPrefix(path, "/") && strings.HasSuffix(path, ".pem") &&
		consistsOf(path, isPathByte) && !strings.Contains(path, "//") && !strings.Contains(path, "/.")
}

func isPathByte(c byte) bool {
	return isDigit(c) || isLower(c|0x20) || strings.IndexByte("/.-_", c) >= 0
}

// subscribePlace checks a SubscribeURL: it must do nothing but confirm the
// envelope's own topic with the envelope's own token. Its text is not a part of
// the error.
func (t *topic) subscribePlace(text, token string) (place, error) {
	rest, ok := t.onHost(text)
	if !ok || len(text) > maxURL {
		return place{}, refuse("its SubscribeURL does not lead to https://%s/", t.host())
	}
	query, ok := strings.CutPrefix(strings.TrimPrefix(rest, "/"), "?")
	if !ok || !consistsOf(query, isQueryByte) {
		return place{}, errSubscribe
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values) != 3 {
		return place{}, errSubscribe
	}
	for name, want := range map[string]string{"Action": "ConfirmSubscription", "TopicArn": t.arn, "Token": token} {
		if got := values[name]; len(got) != 1 || got[0] != want {
			return place{}, errSubscribe
		}
	}
	return place{t.host(), "/", values.Encode()}, nil
}

var errSubscribe = refuse("its SubscribeURL does not confirm just this topic with just this token")

// isQueryByte leaves out what is not a URL, and the fragment.
func isQueryByte(c byte) bool {
	return isDigit(c) || isLower(c|0x20) || strings.IndexByte("%&+-./:=_~*!'(),@", c) >= 0
}
