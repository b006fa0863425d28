package snssig

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

const host = "sns.eu-west-1.amazonaws.com"

// hostileHosts are ways to have a URL lead elsewhere, or to look as if.
var hostileHosts = []string{
	"http://" + host, "HTTPS://" + host, "https:/" + host, "https:\\\\" + host, "//" + host, "ftp://" + host, " https://" + host, "",
	"https://user@" + host, "https://user:pass@" + host, "https://" + host + "@example.com", "https://example.com#" + host,
	"https://" + host + ":443", "https://" + host + ":8443", "https://" + host + ":", "https://" + host + ".", "https://" + host + "..",
	"https://example.com", "https://" + host + ".example.com", "https://example.com/" + host, "https://evil" + host, "https://" + host + "%2eexample.com",
	"https://SNS.eu-west-1.amazonaws.com", "https://sns.EU-WEST-1.amazonaws.com", "https://sns.eu-west-1.AMAZONAWS.com",
	"https://sns.eu-west-2.amazonaws.com", "https://sns.eu-west-1.amazonaws.com.cn", "https://sns.amazonaws.com", "https://sns..amazonaws.com",
	"https://sns.s3-eu-west-1.amazonaws.com", "https://sns.eu-west-1.s3.amazonaws.com", "https://sqs.eu-west-1.amazonaws.com",
	"https://sns.eu-west-1.amazonaws.co", "https://sns.eu-west-1.amazonaws.community", "https://sns-eu-west-1.amazonaws.com",
	"https://127.0.0.1", "https://[::1]", "https://[::ffff:127.0.0.1]", "https://2130706433", "https://169.254.169.254", "https://localhost",
	"https://sns.eu-west-1.amаzonaws.com", "https://xn--sns.eu-west-1.amazonaws.com", "https://sns.eu-west-1。amazonaws.com", "https://sns.eu\u2010west-1.amazonaws.com",
	"https://" + host + "\x00.example.com", "https://" + host + "\t", "https://" + host + "\\@example.com",
}

var hostilePaths = []string{
	"", "/", "/a.pem?x", "/x?a=.pem", "/?x=.pem", "/a.pem?", "/a.pem#", "/a#.pem", "/a.pem#b.pem", "/a.PEM", "/a.pem/", "/a.pem ", "a.pem",
	"/%2e%2e/a.pem", "/a%2fb.pem", "/a%00.pem", "/../a.pem", "/./a.pem", "//example.com/a.pem", "/a\\b.pem", "/a;b.pem", "/a\n.pem", "/ä.pem", "/.pem",
	"/a&b.pem", "/a@b.pem", "/a:b.pem", "/" + strings.Repeat("a", maxURL) + ".pem",
}

func hostileCertificateURLs() (list []string) {
	for _, h := range hostileHosts {
		list = append(list, h+"/a.pem")
	}
	for _, p := range hostilePaths {
		list = append(list, "https://"+host+p)
	}
	return list
}

func TestHostileCertificateURLsCauseNoRequest(t *testing.T) {
	w := serving(200, string(genuine().pem))
	f := NewFetcher(Options{Transport: w})
	defer f.Close()
	v := &Verifier{topics(t, testTopic), f}
	for _, u := range hostileCertificateURLs() {
		for _, field := range []string{"SigningCertURL", "SigningCertUrl"} {
			m := genuine().sign(notification().without("SigningCertURL").with(field, u))
			if err := verify(v, m.json(), testTime); !Permanent(err) {
				t.Errorf("%q: %v", u, err)
			}
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func hostileSubscribeURLs() (list []string) {
	const good = "Action=ConfirmSubscription&TopicArn=" + testTopic + "&Token=secret-token"
	for _, h := range hostileHosts {
		list = append(list, h+"/?"+good)
	}
	for _, rest := range []string{
		"", "/", "/?", "/a?" + good, "/a/?" + good, "//?" + good, "/?" + good + "#", "/?" + good + "#x", "/?x=.pem", "/%3f" + good,
		"/?" + good + "&Action=ConfirmSubscription", "/?" + good + "&Token=secret-token", "/?" + good + "&Token=other", "/?" + good + "&Endpoint=x", "/?" + good + ";x=1",
		"/?" + strings.Replace(good, "ConfirmSubscription", "Unsubscribe", 1), "/?" + strings.Replace(good, "Action", "action", 1),
		"/?" + strings.Replace(good, "parcels", "others", 1), "/?" + strings.Replace(good, "secret-token", "secret-toke", 1), "/?" + strings.Replace(good, "&Token=secret-token", "", 1),
		"/?" + good + "\n", "/?" + good + " ", "/?" + good + "%", "/?" + good + "%00", "/?" + good + "&x=" + strings.Repeat("a", maxURL),
	} {
		list = append(list, "https://"+host+rest)
	}
	return list
}

func TestHostileSubscribeURLsCauseNoRequest(t *testing.T) {
	w := serving(200, "")
	c := NewConfirmer(ours(t), Options{Transport: w})
	defer c.Close()
	for _, u := range hostileSubscribeURLs() {
		m := genuine().sign(confirmation().with("SubscribeURL", u))
		_, err := confirm(c, m)
		if !Permanent(err) {
			t.Errorf("%q: %v", u, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the token: %v", u, err)
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestForeignTopicsCauseNoRequest(t *testing.T) {
	w := serving(200, string(genuine().pem))
	f := NewFetcher(Options{Transport: w})
	defer f.Close()
	for _, arn := range []string{
		"arn:aws:sns:eu-west-1:999999999999:parcels", "arn:aws:sns:eu-west-1:123456789012:parcels2", "arn:aws:sns:eu-west-1:123456789012:parcels:a", testTopic + " ", "", "x",
		"arn:aws:sns:s3-eu-west-1:123456789012:parcels", "arn:aws:sns:evil.com/:123456789012:parcels", "arn:aws-cn:sns:eu-west-1:123456789012:parcels", "arn:aws:sqs:eu-west-1:123456789012:parcels",
		"arn:aws:sns:eu-west-1:123456789012:parcels\n", "arn:aws:sns:EU-WEST-1:123456789012:parcels", "arn:aws:sns:cn-north-1:123456789012:parcels", "arn:aws-iso:sns:us-iso-east-1:123456789012:parcels",
	} {
		for _, list := range []Topics{topics(t, testTopic), {}, AnyTopic()} {
			if list.any && (strings.Contains(arn, "999999999999") || strings.HasSuffix(arn, "parcels2")) {
				continue
			}
			part := append(strings.Split(arn, ":"), "", "", "", "")
			m := genuine().sign(notification().with("TopicArn", arn).with("SigningCertURL", "https://sns."+part[3]+".amazonaws.com/a.pem"))
			if err := verify(&Verifier{list, f}, m.json(), testTime); !Permanent(err) {
				t.Errorf("%q: %v", arn, err)
			}
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// What is broken anyway costs no request.
func TestBrokenEnvelopesCauseNoRequest(t *testing.T) {
	w := serving(200, string(genuine().pem))
	f := NewFetcher(Options{Transport: w})
	defer f.Close()
	for _, m := range []message{
		notification(), notification().with("Signature", "%"), notification().with("Signature", "AAAA").with("SignatureVersion", "3"),
		notification().with("Signature", "AAAA").without("MessageId"),
	} {
		if err := verify(&Verifier{topics(t, testTopic), f}, m.json(), testTime); !Permanent(err) {
			t.Error(err)
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestTopicPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, arn string
		want         bool
	}{
		{testTopic, testTopic, true},
		{"arn:aws:sns:eu-west-1:123456789012:*", testTopic, true},
		{"arn:aws:sns:*:123456789012:parcels", testTopic, true},
		{"arn:*:sns:eu-*-1:123456789012:*c*s", testTopic, true},
		{"arn:aws:sns:eu-west-1:123456789012:par*", testTopic, true},
		{"arn:aws:sns:eu-west-1:123456789012:*x*", testTopic, false},
		{"arn:aws:sns:eu-west-1:123456789012:parcels*s", testTopic, false},
		{"arn:aws:sns:eu-west-1:123456789012:*", testTopic + ":x", false},
		{"arn:aws:sns:eu-west-1:123456789012:*", "arn:aws:sns:eu-west-1:1123456789012:parcels", false},
		{"arn:aws:sns:*:123456789012:parcels", "arn:aws:sns:eu-west-1:999999999999:x:123456789012:parcels", false},
	} {
		if got := topics(t, c.pattern).Allow(c.arn) == nil; got != c.want {
			t.Errorf("%s allows %s: %v", c.pattern, c.arn, got)
		}
	}
	for _, wrong := range []string{"", "*", "arn:aws:sns:*", testTopic + ":0f", "arn:aws:sqs:eu-west-1:123456789012:q", "arn:aws:sns::123456789012:parcels", testTopic + " "} {
		if _, err := ParseTopics([]string{testTopic, wrong}); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
	for wrong, why := range map[string]string{
		"arn:aws-iso:sns:*:123456789012:parcels":            "partition aws-iso",
		"arn:aws-eusc:sns:eusc-de-east-1:123456789012:x":    "partition aws-eusc",
		"arn:gcp*:sns:*:123456789012:parcels":               "partition gcp*",
		"arn:aws:sns:eu-west:123456789012:parcels":          "eu-west is not the name of a region",
		"arn:aws:sns:EU-WEST-1:123456789012:parcels":        "EU-WEST-1 is not",
		"arn:aws:sns:cn-north-1:123456789012:parcels":       "is in the partition aws-cn, not in aws",
		"arn:*gov:sns:eu-west-1:123456789012:parcels":       "is in the partition aws, not in *gov",
		"arn:aws:sns:eu-west-1:shop:parcels":                "shop is not the number",
		"arn:aws:sns:eu-west-1:123456789012:parcels.fifo.x": "cannot be the name",
	} {
		if _, err := ParseTopics([]string{testTopic, wrong}); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", wrong, err)
		}
		if _, err := ParsePatterns([]string{testTopic, wrong}); err != nil {
			t.Error(err)
		}
	}
	for _, right := range []string{"arn:aws-cn:sns:cn-north-1:1:*", "arn:*:sns:us-gov-west-1:*:x.fifo", "arn:aws*:sns:*-1:12*:x.f*"} {
		if _, err := ParseTopics([]string{right}); err != nil {
			t.Error(err)
		}
	}
	if topics(t, testTopic).Open() || !topics(t, "arn:aws:sns:eu-west-1:*:parcels").Open() || !(Topics{}).Empty() {
		t.Error("Open or Empty is wrong")
	}
}

func TestPrivateAddressesAreNotConnectedTo(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1:443", "10.1.2.3:443", "172.16.0.1:443", "192.168.1.1:443", "169.254.169.254:80", "0.0.0.0:443", "100.64.1.1:443", "198.18.0.1:443", "255.255.255.255:443", "224.0.0.1:443",
		"[::1]:443", "[::]:443", "[fe80::1]:443", "[fc00::1]:443", "[fd00:ec2::254]:443", "[::ffff:127.0.0.1]:443", "[64:ff9b::7f00:1]:443", "[2002:7f00:1::]:443", "[fe80::1%eth0]:443", "x",
	} {
		if refusePrivate(t.Context(), "tcp", address, nil) == nil {
			t.Errorf("%s is connected to", address)
		}
	}
	for _, address := range []string{"52.94.5.1:443", "[2600:1f18::1]:443", "[64:ff9b::345e:501]:443"} {
		if err := refusePrivate(t.Context(), "tcp", address, nil); err != nil {
			t.Error(err)
		}
	}
	q, _ := http.NewRequest(http.MethodGet, "https://127.0.0.1:1/a.pem", nil)
	if _, err := newTransport(true).RoundTrip(q); !errors.Is(err, errPrivate) { //nolint:bodyclose // there is none
		t.Errorf("got %v", err)
	}
}
