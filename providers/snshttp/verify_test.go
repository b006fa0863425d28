package snshttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/snssig/snssigtest"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// Whatever keeps the certificate away: the message is not lost for it.
func TestWithoutACertificateMessagesComeAgain(t *testing.T) {
	cases := map[string]func(*http.Request) (*http.Response, error){
		"unreachable": unreachable, "silent": silent, "500": status(500), "429": status(429), "404": status(404), "403": status(403),
		"no certificate": status(200),
	}
	for name, fail := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, options{}, func(r *rig) {
				r.toIt.setFail(fail)
				body := r.genuine("x")
				if d := took(func() { r.want(503, body) }); d > 12*time.Second {
					t.Errorf("answered after %s", d)
				}
				r.wantCount("postponed_unverified", 1)
				r.toIt.setFail(nil)
				time.Sleep(10 * time.Minute) // as long as SNS is believed that there is none
				r.want(200, body)
				r.wantOut("x")
			})
		})
	}
}

// While there is no certificate, messages cost no request each.
func TestAnOutageIsNotMadeWorse(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		r.toIt.setFail(unreachable)
		for range 1000 {
			r.want(503, r.genuine("x"))
		}
		r.wantAsked(1)
	})
}

// Verifying counts to the timeout: SNS counts it too.
func TestAnAnswerInTimeThoughTheCertificateIsSlow(t *testing.T) {
	inBubble(t, options{fail: slow(8 * time.Second)}, func(r *rig) {
		r.toIt.setFail(func(*http.Request) (*http.Response, error) {
			time.Sleep(9 * time.Second)
			return nil, nil
		})
		if d := took(func() { r.want(503, r.genuine("x")) }); d != 12*time.Second {
			t.Errorf("answered after %s", d)
		}
		r.wantCount("postponed_late", 1)
	})
}

func TestTheTimeoutEndsWaitingForSNS(t *testing.T) {
	inBubble(t, options{settings: "timeout: 3s"}, func(r *rig) {
		r.toIt.setFail(silent)
		for _, body := range [][]byte{r.genuine("x"), r.sns.Confirmation(topic)} {
			if d := took(func() { r.want(503, body) }); d != 3*time.Second {
				t.Errorf("answered after %s", d)
			}
		}
		r.wantCount("postponed_unverified", 2)
	})
}

func TestAClockThatIsWrongLosesNothing(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		body := r.genuine("x")
		time.Sleep(2 * 365 * 24 * time.Hour)
		r.want(503, body)
		r.wantCount("postponed_unverified", 1)
		if !strings.Contains(r.log.String(), "is valid from") {
			t.Errorf("log:\n%s", r.log.String())
		}
	})
}

func pinned(t *testing.T, text []byte) string {
	path := filepath.Join(t.TempDir(), "sns.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPinnedCertificate(t *testing.T) {
	s := snssigtest.Shared()
	inBubble(t, options{settings: "certificate: " + pinned(t, s.PEM)}, func(r *rig) {
		r.want(200, s.Sign(snssigtest.Notification(topic, "1", "x")))
		r.wantOut("x")
		r.wantAsked(0)
		// SNS may sign with a new one, which the operator has to bring here.
		r.want(503, r.genuine("x"))
		r.wantCount("postponed_unverified", 1)
		r.want(403, []byte(`{"Type":"Notification","TopicArn":"`+topic+`"}`))
	})
}

// Nothing in a message makes the source ask anybody but SNS.
func TestHostileURLs(t *testing.T) {
	cert := "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
	urls := []string{
		"http://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com:444/a.pem", "https://sns.eu-west-1.amazonaws.com@example.com/a.pem",
		"https://u:p@sns.eu-west-1.amazonaws.com/a.pem", "https://example.com/a.pem", "https://sns.eu-west-1.amazonaws.com.example.com/a.pem",
		"https://sns.us-east-1.amazonaws.com/a.pem", cert + "?x=.pem", cert + "#.pem", "https://sns.eu-west-1.amazonaws.com/a?x=.pem", "file:///etc/passwd.pem",
		"https://127.0.0.1/a.pem", "//sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com/../a.pem", "https://sns.eu-west-1.amazonaws.com./a.pem", "", "x.pem",
	}
	inBubble(t, options{}, func(r *rig) {
		n := int64(0)
		for _, u := range urls {
			if u != "" {
				r.want(403, r.sns.Sign(sqstest.Envelope{TopicARN: topic, Message: "x", SigningCertURL: u}))
				r.want(403, r.sns.Sign(sqstest.Envelope{TopicARN: topic, Message: "x", Type: "SubscriptionConfirmation", SigningCertURL: u}))
				n += 2
			}
		}
		r.wantAsked(0)
		r.wantCount("refused_forged", n)
		r.want(200, r.genuine("the certificate is here now"))
		for _, u := range []string{
			"http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=t", "https://example.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=t",
			"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + otherTopic + "&Token=t", "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&TopicArn=" + topic + "&Token=t",
			"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=other", "https://169.254.169.254/latest",
		} {
			r.want(403, r.sns.Sign(sqstest.Envelope{TopicARN: topic, Message: "x", Type: "SubscriptionConfirmation", Token: "t", SubscribeURL: u}))
		}
		r.wantAsked(1)
		r.wantCount("confirmations_refused", 6)
	})
}

// A redirect is not followed, whoever sends it.
func TestARedirectOfSNSIsNotFollowed(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		r.toIt.setFail(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"https://example.com/a.pem"}}, Body: http.NoBody}, nil
		})
		r.want(503, r.genuine("x"))
		r.wantAsked(1)
	})
}

func TestMaxAge(t *testing.T) {
	inBubble(t, options{settings: "max_age: 5m"}, func(r *rig) {
		body, asked := r.genuine("x"), r.sns.Confirmation(topic)
		time.Sleep(5 * time.Minute)
		r.want(200, body)
		time.Sleep(time.Millisecond)
		r.want(403, body)
		r.want(200, asked)
		r.want(200, r.sns.Sign(sqstest.Envelope{TopicARN: topic, Message: "y", Timestamp: time.Now().Add(time.Hour)}))
		r.wantOut("x", "y")
		r.wantCount("refused_stale", 1)
	})
	inBubble(t, options{}, func(r *rig) {
		body := r.genuine("x")
		time.Sleep(24 * time.Hour)
		r.want(200, body)
	})
}

// That a region is not known here is no fault of the message.
func TestAnAllowedTopicOfAnUnknownRegionIsNotForged(t *testing.T) {
	inBubble(t, options{topics: "topics: ['arn:aws*:sns:*:123456789012:*']"}, func(r *rig) {
		for i, arn := range []string{"arn:aws-eusc:sns:eusc-de-east-1:123456789012:parcels", "arn:aws:sns:moon-base-one-1:123456789012:parcels"} {
			r.want(503, r.sns.Notification(arn, "x", nil))
			r.wantCount("postponed_unverified", int64(i+1))
		}
		r.want(403, r.sns.Notification("arn:aws-eusc:sns:eusc-de-east-1:999999999999:parcels", "x", nil))
		r.wantCount("refused_forged", 0)
		r.wantAsked(0)
	})
}

// Without verify it is up to who can connect.
func TestWithoutVerify(t *testing.T) {
	inBubble(t, options{settings: "verify: false, confirm: false"}, func(r *rig) {
		body := []byte(`{"Type":"Notification","Message":"x","TopicArn":"` + topic + `"}`)
		r.want(200, body)
		r.want(200, body)
		r.wantOut("x", "x")
		if got := r.Recorder.IDs("out"); got[0] != got[1] || len(got[0]) != 32 {
			t.Errorf("ids %q", got)
		}
		r.want(403, r.sns.Notification(otherTopic, "x", nil))
		r.want(400, []byte(`{"Type":"Notification","TopicArn":"`+topic+`"}`))
		r.want(200, r.sns.Confirmation(topic))
		r.wantCount("confirmations_ignored", 1)
		r.wantAsked(0)
	})
	inBubble(t, options{settings: "verify: false, confirm: false", topics: "topics: []"}, func(r *rig) {
		r.want(200, r.sns.Notification(otherTopic, "x", nil))
		r.wantOut("x")
	})
}

// FuzzRequest: a body that is not one of the two genuine ones brings no event and
// has nobody asked but the host of the topic's SNS.
func FuzzRequest(f *testing.F) {
	s := snssigtest.Shared()
	genuine := s.Sign(snssigtest.Notification(topic, "1", "x"))
	asked := s.Sign(snssigtest.Confirmation(topic, "2", "t"))
	for _, seed := range [][]byte{
		genuine, asked, nil, []byte("[]"), []byte(`{"Type":"Notification"}`), []byte(`{"Type":"UnsubscribeConfirmation","TopicArn":"` + topic + `"}`),
		bytes.Replace(genuine, []byte("https://"), []byte("http://"), 1), bytes.Replace(asked, []byte("amazonaws"), []byte("example"), 1),
		[]byte(`{"Type":"Notification","TopicArn":"` + topic + `","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/a.pem","SignatureVersion":"2","Signature":"AA==","MessageId":"1","Message":"","Timestamp":"x"}`),
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, body []byte, raw bool) {
		inBubble(t, options{}, func(r *rig) {
			r.toIt.setFail(func(q *http.Request) (*http.Response, error) {
				if q.URL.Scheme != "https" || q.URL.Host != "sns.eu-west-1.amazonaws.com" || q.Method != "GET" {
					t.Errorf("asked %s", q.URL)
				}
				if q.URL.RawQuery != "" && q.URL.Query().Get("Token") != "t" {
					t.Errorf("visited %s", q.URL)
				}
				answer, _ := status(404)(q)
				return answer, nil
			})
			answer := r.post(body, headerRaw, fmt.Sprint(raw))
			if answer.StatusCode == 200 || r.Pipeline.Stats().Read != 0 {
				t.Errorf("accepted: %s", body)
			}
			if n := len(r.toIt.urls()); n > 1 || n == 1 && !json.Valid(body) {
				t.Errorf("%d requests for %s", n, body)
			}
		})
	})
}
