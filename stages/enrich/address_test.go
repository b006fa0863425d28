package enrich

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// addressOf parses a URL template that check takes.
func addressOf(t testing.TB, text string) *Address {
	t.Helper()
	a, err := parseAddress(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a
}

func parseAddress(text string) (*Address, error) {
	var a Address
	var problems conf.Problems
	conf.Decode(&conf.Node{Value: text, Raw: text}, &a, &problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	_, err := a.check()
	return &a, err
}

// eventOf has texts as body.a and body.b.
func eventOf(a, b string) *pipeline.Event {
	raw := append(rawjson.AppendString([]byte(`{"a":`), a), `,"b":`...)
	return pipeline.NewEvent("1", append(rawjson.AppendString(raw, b), '}'))
}

func TestValuesAreNamesInThePath(t *testing.T) {
	for value, want := range map[string]string{
		"OSL":          "https://h/s/OSL/x?q=v",
		"a/b":          "https://h/s/a%2Fb/x?q=v",
		"a?b=c#d&e":    "https://h/s/a%3Fb%3Dc%23d%26e/x?q=v",
		"@evil.test:1": "https://h/s/%40evil.test%3A1/x?q=v",
		"100%":         "https://h/s/100%25/x?q=v",
		"Å b":          "https://h/s/%C3%85%20b/x?q=v",
		"v1.2..3":      "https://h/s/v1.2..3/x?q=v",
		"{body.b}":     "https://h/s/%7Bbody.b%7D/x?q=v",
		"":             "",
	} {
		got, ok, err := addressOf(t, "https://h/s/{body.a}/x?q={body.b}").append(nil, eventOf(value, "v"))
		if string(got) != want && ok || ok != (want != "") || err != nil {
			t.Errorf("%q: got %s, %v, %v; want %s", value, got, ok, err, want)
		}
	}
}

func TestValuesThatLeadOutOfTheirPlaceAreRefused(t *testing.T) {
	for _, value := range []string{
		".", "..", "...", "../admin", "a/../../admin", `..\admin`, `a\..`, "a/..", "..;/admin", "..#x", "..?x", "%2e%2e%23x", "..;#?", ".. /x", " ", "?/../x",
		"%2e%2e", "%2e%2e%2fadmin", "%252e%252e%252fadmin", "%zz/%2e%2e/a", "a\nb", "\x00", "\x7f", "a\u0085b", "%0d%0a",
		"%25252525252525", strings.Repeat("a", 9000), strings.Repeat("%25", 3000),
	} {
		_, ok, err := addressOf(t, "https://h/s/{body.a}?q=1").append(nil, eventOf(value, ""))
		if ok || err == nil || !pipeline.Rejected(err) {
			t.Errorf("%q: %v, %v", value, ok, err)
		}
	}
	e := pipeline.NewEvent("1", nil)
	for _, value := range []string{"\xc0\xae\xc0\xae", "\xff", "%c0%ae%c0%ae"} {
		e.SetMeta("a", value)
		if _, ok, err := addressOf(t, "https://h/s/{meta.a}").append(nil, e); ok || !pipeline.Rejected(err) {
			t.Errorf("%q: %v, %v", value, ok, err)
		}
	}
	_, ok, err := addressOf(t, "https://h/s/{body.a}{body.b}").append(nil, eventOf(".", "."))
	if ok || err == nil {
		t.Errorf("two values that make one segment: %v, %v", ok, err)
	}
}

func TestAValueOfTheQueryMayBeAnything(t *testing.T) {
	got, ok, err := addressOf(t, "https://h/s?q={body.a}").append(nil, eventOf("../&x=1#\n", ""))
	if string(got) != "https://h/s?q=..%2F%26x%3D1%23%0A" || !ok || err != nil {
		t.Errorf("got %s, %v, %v", got, ok, err)
	}
}

func TestCheckRefusesURLs(t *testing.T) {
	for text, want := range map[string]error{
		"{body.a}":                   errFixed,
		"{body.a}://h/":              errFixed,
		"https://{body.a}/x":         errFixed,
		"https://h{body.a}/x":        errFixed,
		"https://h:{body.a}/x":       errFixed,
		"https:/{body.a}/x":          errFixed,
		"https://u:p@h/{body.a}":     errUser,
		"ftp://h/{body.a}":           errURL,
		"//h/{body.a}":               errFixed,
		"h/{body.a}":                 errFixed,
		"https:///{body.a}":          errURL,
		"https://:80/{body.a}":       errURL,
		"https://h/{body.a}#x":       errPart,
		"https://h/#{body.a}":        errPart,
		"https://h/a b/{body.a}":     errWords,
		"https://h/ø/{body.a}":       errWords,
		`https://h/\{body.a}`:        errWords,
		"https://h/../{body.a}":      errClimbs,
		"https://h/%2e%2e/{body.a}":  errClimbs,
		"https://h/%zz/{body.a}":     errURL,
		"https://h/{body.a}?q=%0A":   nil,
		"http://h:8080?q={body.a}":   nil,
		"http://[::1]:80/{body.a}":   nil,
		"https://h/v1.0/{body.a}.js": nil,
	} {
		if _, err := parseAddress(text); want == nil && err != nil || want != nil && (err == nil || err.Error() != want.Error()) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

// FuzzAddress looks for values that change more than the place they were given.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"OSL", "../x", "a/b", "?", "#", "%2f", "%2e%2e/", "\x00", "é", "..;x", "%25%32%65", "@h:1", "\xff"} {
		f.Add(s, s)
	}
	a := addressOf(f, "https://h:8443/s/{meta.a}/x/{meta.b}.json?k=v&q={meta.b}&r={meta.a}")
	f.Fuzz(func(t *testing.T, first, second string) {
		e := pipeline.NewEvent("1", nil)
		e.SetMeta("a", first)
		e.SetMeta("b", second)
		raw, ok, err := a.append(nil, e)
		if !ok {
			return
		}
		if err != nil {
			t.Fatal("both a URL and an error", err)
		}
		staysInPlace(t, string(raw), first, second)
	})
}

func staysInPlace(t *testing.T, raw, first, second string) {
	q, err := http.NewRequest(http.MethodGet, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	u := q.URL
	if u.Scheme != "https" || u.Host != "h:8443" || q.Host != "h:8443" || u.User != nil || u.Fragment != "" || u.RequestURI() != raw[len("https://h:8443"):] {
		t.Fatalf("%s is read as %s", raw, u)
	}
	parts := strings.Split(u.EscapedPath(), "/")
	if len(parts) != 5 || parts[1] != "s" || parts[3] != "x" || valueOf(parts[2]) != first || valueOf(parts[4]) != second+".json" {
		t.Fatalf("%s has the parts %q", raw, parts)
	}
	if v := u.Query(); len(v) != 3 || v.Get("k") != "v" || v.Get("q") != second || v.Get("r") != first {
		t.Fatalf("%s asks for %q", raw, v)
	}
	if clean := u.JoinPath().EscapedPath(); strings.Count(clean, "/") != 4 {
		t.Fatalf("%s becomes %s", raw, clean)
	}
}

func valueOf(escaped string) string {
	value, _ := url.PathUnescape(escaped)
	return value
}
