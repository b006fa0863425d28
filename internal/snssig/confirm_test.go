package snssig

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

const subscription = testTopic + ":0f0e"

func confirm(c *Confirmer, m message) (string, error) {
	var e Envelope
	if err := e.Read(m.json(), 64); err != nil {
		return "", err
	}
	return c.Confirm(context.Background(), &e, testTime)
}

func confirming(t *testing.T, w *wire) *Confirmer {
	c := NewConfirmer(ours(t), Options{Transport: w, Now: new(handTime).now})
	t.Cleanup(c.Close)
	return c
}

func TestConfirmVisitsTheURLOnce(t *testing.T) {
	var visited string
	w := &wire{}
	w.answer = func(q *http.Request) (*http.Response, error) {
		visited = q.URL.String()
		return respond(200, "<a><SubscriptionArn>"+subscription+"</SubscriptionArn></a>")
	}
	c, m := confirming(t, w), genuine().sign(confirmation())
	for range 3 {
		if arn, err := confirm(c, m); err != nil || arn != subscription {
			t.Errorf("%q, %v", arn, err)
		}
	}
	want := "https://" + host + "/?Action=ConfirmSubscription&Token=secret-token&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A123456789012%3Aparcels"
	if visited != want || w.requests.Load() != 1 {
		t.Errorf("%d requests, of %s", w.requests.Load(), visited)
	}
	other := confirmation().with("Token", "t2")
	if _, err := confirm(c, genuine().sign(other.with("SubscribeURL", strings.Replace(other["SubscribeURL"], "secret-token", "t2", 1)))); err != nil || w.requests.Load() != 2 {
		t.Errorf("another token: %v, %d requests", err, w.requests.Load())
	}
}

func TestConfirmOnceAlsoAtTheSameTime(t *testing.T) {
	release := make(chan struct{})
	w := &wire{answer: func(*http.Request) (*http.Response, error) {
		<-release
		return respond(200, "")
	}}
	var waiting, all sync.WaitGroup
	waiting.Add(100)
	c := NewConfirmer(ours(t), Options{Transport: w, Waiting: func(context.Context) { waiting.Done() }})
	defer c.Close()
	m := genuine().sign(confirmation())
	for range 100 {
		all.Go(func() {
			if _, err := confirm(c, m); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	close(release)
	all.Wait()
	if n := w.requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestConfirmVisitsNothingElse(t *testing.T) {
	w := serving(200, "")
	c, s := confirming(t, w), genuine()
	for name, m := range map[string]message{
		"notification": s.sign(notification()), "unsubscribe": s.sign(confirmation().with("Type", UnsubscribeConfirmation)),
		"forged": s.sign(confirmation()).with("Message", "x"), "unsigned": confirmation(), "other topic": s.sign(confirmation().with("TopicArn", strings.Replace(testTopic, "1234", "9999", 1))),
		"retyped":  s.sign(confirmation().with("Type", UnsubscribeConfirmation)).with("Type", SubscriptionConfirmation),
		"no token": s.sign(confirmation()).without("Token"), "other URL": s.sign(confirmation()).with("SubscribeURL", "https://example.com/?Token=secret-token"),
	} {
		if _, err := confirm(c, m); !Permanent(err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestConfirmTellsFailuresApart(t *testing.T) {
	m := genuine().sign(confirmation())
	for name, c := range map[string]struct {
		w         *wire
		permanent bool
	}{
		"500": {serving(500, ""), false}, "429": {serving(429, ""), false}, "throttled": {serving(400, "<Error><Code>Throttling</Code></Error>"), false},
		"expired": {serving(400, "<Error><Code>InvalidParameter</Code><Message>Invalid token secret-token</Message></Error>"), true}, "404": {serving(404, ""), true}, "redirect": {serving(302, ""), true},
		"no answer": {&wire{answer: func(*http.Request) (*http.Response, error) {
			return nil, errors.New("malformed answer: secret-token")
		}}, false},
		"no network": {&wire{answer: func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
		}}, false},
	} {
		confirmer := confirming(t, c.w)
		_, err := confirm(confirmer, m)
		if err == nil || Permanent(err) != c.permanent || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
		c.w.answer = serving(200, "<SubscriptionArn>arn:foreign</SubscriptionArn>").answer
		if arn, err := confirm(confirmer, m); err != nil || arn != "" {
			t.Errorf("%s: it is not tried again: %q, %v", name, arn, err)
		}
	}
}
