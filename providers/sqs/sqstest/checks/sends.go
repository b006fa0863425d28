package checks

import (
	"crypto/md5"
	"encoding/hex"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// mixed is attributes of every kind.
var mixed = map[string]attribute{
	"text":       {kind: "String", text: "ein Wört & <mehr> \"😀\"\n"},
	"number":     {kind: "Number", text: "-12.5"},
	"labelled":   {kind: "String.json", text: "{}"},
	"bytes":      {kind: "Binary", binary: []byte{0, 1, 254, 255}},
	"my.picture": {kind: "Binary.png", binary: []byte("png")},
}

// mixedDigest is the MD5 of mixed by the rules that AWS documents.
const mixedDigest = "85bed55f932568afd00f445a0bdcad4c"

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

var sendChecks = []check{
	{"keeps every byte of a body", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		for _, body := range []string{"x", `{"a": "\u00e4\n", "n": 70724761431111111}`, "a<b>&amp;\"'c", "tab\tline\nend\r\n", "ähm 日本 \u0085\u2028\ufffd", " spaces "} {
			s := mustSend(t, c, url, message{body: body})
			got := mustReceiveOne(t, c, url)
			if got.body != body || got.bodyDigest != digest(body) || s.bodyDigest != digest(body) || got.id != s.id {
				t.Errorf("sent %q as %+v, received %q as %s with digest %s", body, s, got.body, got.id, got.bodyDigest)
			}
		}
	}},
	{"keeps characters beyond the first plane", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "😀\U0010FFFF"})
		wantBodies(t, await(t, c, url), "😀\U0010FFFF")
	}},
	{"keeps message attributes of every type", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		s := mustSend(t, c, url, message{body: "x", attributes: mixed})
		got := mustReceiveOne(t, c, url)
		if !reflect.DeepEqual(got.attributes, mixed) {
			t.Errorf("attributes %v", got.attributes)
		}
		if s.attrDigest != mixedDigest || got.attrDigest != mixedDigest {
			t.Errorf("digests %s and %s, want %s", s.attrDigest, got.attrDigest, mixedDigest)
		}
	}},
	{"answers with the digest of message system attributes", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		s := mustSend(t, c, url, message{body: "x", trace: "Root=1-5759e988-bd862e3fe1be46a994272793"})
		if s.traceDigest != "62a56dd927315f2b2e12832b84617ea5" {
			t.Errorf("digest %s", s.traceDigest)
		}
		if got := mustReceiveOne(t, c, url); got.system["AWSTraceHeader"] != "Root=1-5759e988-bd862e3fe1be46a994272793" {
			t.Errorf("system attributes %v", got.system)
		}
	}},
	{"takes ten message attributes and no eleventh", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		many := map[string]attribute{}
		for i := range 10 {
			many["a"+strconv.Itoa(i)] = attribute{kind: "String", text: "v"}
		}
		mustSend(t, c, url, message{body: "x", attributes: many})
		many["a10"] = attribute{kind: "String", text: "v"}
		_, err := c.send(t.Context(), url, message{body: "x", attributes: many})
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"refuses message attributes without a value or of unknown types", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		for _, bad := range []attribute{{kind: "String"}, {kind: "Text", text: "x"}, {kind: "Number", text: "seven"}} {
			_, err := c.send(t.Context(), url, message{body: "x", attributes: map[string]attribute{"a": bad}})
			wantCode(t, err, "InvalidParameterValue")
		}
	}},
	{"refuses a body with characters that XML has not", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		for _, bad := range []string{"a\x00b", "a\x0bb", "a\x1fb", "a\ufffeb", "a\uffffb"} {
			_, err := c.send(t.Context(), url, message{body: bad})
			wantCode(t, err, "InvalidMessageContents")
		}
	}},
	{"refuses an empty body", func(t *testing.T, c client) {
		_, err := c.send(t.Context(), newQueue(t, c, nil), message{})
		wantCode(t, err, "MissingParameter", "InvalidParameterValue")
	}},
	{"takes a message of 1 MiB and none that is larger", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: strings.Repeat("x", 1<<20)})
		_, err := c.send(t.Context(), url, message{body: strings.Repeat("x", 1<<20+1)})
		wantCode(t, err, "InvalidParameterValue")
		_, err = c.send(t.Context(), url, message{body: strings.Repeat("x", 1<<20-5), attributes: map[string]attribute{"a": {kind: "String", text: "v"}}})
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"takes no message larger than the queue does", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"MaximumMessageSize": "1024"})
		mustSend(t, c, url, message{body: strings.Repeat("x", 1024)})
		_, err := c.send(t.Context(), url, message{body: strings.Repeat("x", 1025)})
		wantCode(t, err, "InvalidParameterValue")
	}},
	{"holds a delayed message back", func(t *testing.T, c client) {
		url := newQueue(t, c, nil)
		mustSend(t, c, url, message{body: "later", delay: 1})
		wantBodies(t, mustReceive(t, c, url, ten))
		wantBodies(t, await(t, c, url), "later")
	}},
	{"holds every message back by the queue's delay", func(t *testing.T, c client) {
		url := newQueue(t, c, map[string]string{"DelaySeconds": "1"})
		mustSend(t, c, url, message{body: "later"})
		wantBodies(t, mustReceive(t, c, url, ten))
		wantBodies(t, await(t, c, url), "later")
	}},
}
