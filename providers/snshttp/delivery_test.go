package snshttp

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// From the subscription to the event, as SNS does it.
func TestFromTheSubscriptionToTheEvent(t *testing.T) {
	inBubble(t, options{stages: "{dedupe: {}}"}, func(r *rig) {
		arn := r.subscribe()
		synctest.Wait()
		if subs := r.sns.Subscriptions(arn); len(subs) != 1 || !subs[0].Confirmed {
			t.Fatalf("subscriptions %+v", subs)
		}
		r.wantOut()
		r.call("Publish", "TopicArn", arn, "Message", "x", "Subject", "s")
		synctest.Wait()
		r.wantOut("x")
		r.wantCount("confirmed", 1)
		r.wantAsked(2) // certificate, confirmation
		if !strings.Contains(r.log.String(), "subscription="+arn+":") {
			t.Errorf("log:\n%s", r.log.String())
		}
	})
}

// Nothing is lost and nothing comes twice, whatever fails on the way, as long as
// it works at the last attempt.
func TestEveryMessageIsDeliveredOnce(t *testing.T) {
	const messages = 300
	fail := func(_ string, e *pipeline.Event, attempt int) error {
		luck := fnv.New32a()
		_, _ = luck.Write([]byte(e.ID))
		time.Sleep(time.Duration(luck.Sum32()%20) * time.Second) // some answers are late
		if attempt <= int(luck.Sum32()/32%3) {
			return pipeline.Reject(errors.New("no"))
		}
		return nil
	}
	inBubble(t, options{stages: "{dedupe: {}}", fail: fail, settings: "max_requests: 100", sns: sqstest.Options{Delivery: sqstest.HTTPDelivery{Attempts: 8}}}, func(r *rig) {
		r.toIt.setFail(func(*http.Request) (*http.Response, error) {
			if rand.IntN(2) == 0 {
				return nil, errors.New("unreachable")
			}
			return nil, nil
		})
		r.subscribe()
		time.Sleep(10 * time.Minute)
		arn := r.sns.CreateTopic("parcels")
		var want []string
		for i := range messages {
			want = append(want, fmt.Sprint(i))
			r.call("Publish", "TopicArn", arn, "Message", fmt.Sprint(i))
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(10 * time.Minute)
		got := r.Recorder.Bodies("out")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%d arrived", len(got))
		}
		if n := r.sns.Deliveries(); n.Refused != 0 || n.Lost != 0 || n.Waiting != 0 || n.Attempts <= messages {
			t.Errorf("deliveries %+v", n)
		}
	})
}

// What a spool has is answered at once, however slow the flow is.
func TestASpoolAnswersBeforeTheFlow(t *testing.T) {
	inBubble(t, options{settings: "spool: {path: '" + t.TempDir() + "'}", stages: "{dedupe: {}}", fail: slow(10 * time.Minute)}, func(r *rig) {
		arn := r.subscribe()
		synctest.Wait()
		for i := range 20 {
			r.call("Publish", "TopicArn", arn, "Message", fmt.Sprint(i))
		}
		time.Sleep(time.Second)
		if n := r.sns.Deliveries(); n.Delivered != 21 || n.Attempts != 21 {
			t.Errorf("deliveries %+v", n)
		}
		time.Sleep(10 * time.Hour)
		if n := len(r.Recorder.Got("out")); n != 20 {
			t.Errorf("%d arrived", n)
		}
	})
}

// A full spool sends back at once what SNS can send again.
func TestAFullSpoolSendsBackAtOnce(t *testing.T) {
	inBubble(t, options{settings: "spool: {path: '" + t.TempDir() + "', max_size: 16MiB}", fail: slow(time.Minute), flow: "    max_in_flight: 1\n"}, func(r *rig) {
		taken := 0
		d := took(func() {
			for range 20 {
				answer := r.post(r.genuine(strings.Repeat("x", 1600<<10)))
				if answer.StatusCode == 200 {
					taken++
				} else if answer.StatusCode != 503 {
					t.Errorf("answered %d", answer.StatusCode)
				}
			}
		})
		if d != 0 || taken < 3 || taken > 10 {
			t.Errorf("%d were taken, in %s", taken, d)
		}
		time.Sleep(time.Hour)
		if n := len(r.Recorder.Got("out")); n != taken {
			t.Errorf("%d of %d arrived", n, taken)
		}
	})
}

func TestAConfirmationIsTriedUntilSNSAnswers(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		r.toIt.setFail(status(500))
		arn := r.subscribe()
		time.Sleep(time.Minute)
		r.toIt.setFail(func(q *http.Request) (*http.Response, error) {
			if q.URL.RawQuery != "" {
				return nil, errors.New("unreachable")
			}
			return nil, nil
		})
		time.Sleep(10 * time.Minute)
		r.wantCount("confirmed", 0)
		if n := r.Pipeline.Stats().Sum("postponed_confirmations"); n < 2 {
			t.Errorf("%d attempts", n)
		}
		r.toIt.setFail(nil)
		time.Sleep(time.Minute)
		if subs := r.sns.Subscriptions(arn); !subs[0].Confirmed {
			t.Errorf("subscriptions %+v", subs)
		}
		r.wantCount("confirmed", 1)
		if n := r.sns.Deliveries(); n.Refused != 0 || n.Lost != 0 {
			t.Errorf("deliveries %+v", n)
		}
		r.wantOut()
	})
}

// The same message confirms once. A slow answer of SNS is not waited for longer
// than the sender waits, and not asked for again.
func TestASubscriptionIsConfirmedOnce(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		r.want(200, r.genuine("x"))
		r.toIt.setFail(func(*http.Request) (*http.Response, error) {
			time.Sleep(9 * time.Second)
			return nil, nil
		})
		body := r.sns.Confirmation(topic)
		go r.want(200, body)
		r.want(200, body)
		r.want(200, body)
		r.wantAsked(2)
	})
}

func TestARefusedConfirmationIsNotTriedAgain(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		r.want(403, r.sns.Sign(sqstest.Envelope{Type: "SubscriptionConfirmation", TopicARN: topic, Message: "x"})) // nobody knows its token
		r.wantCount("confirmations_refused", 1)
		r.wantCount("confirmed", 0)
	})
}

func TestTheEndOfASubscriptionIsNotVisited(t *testing.T) {
	inBubble(t, options{}, func(r *rig) {
		arn := r.subscribe()
		synctest.Wait()
		r.call("Unsubscribe", "SubscriptionArn", subscriptionARN(r, arn))
		synctest.Wait()
		r.wantAsked(2)
		r.wantCount("subscriptions_ended", 1)
		if n := r.sns.Deliveries(); n.Delivered != 2 || n.Refused != 0 {
			t.Errorf("deliveries %+v", n)
		}
		r.wantOut()
	})
}

func subscriptionARN(r *rig, topic string) string { return r.sns.Subscriptions(topic)[0].ARN }

func TestWithoutConfirmNothingIsVisited(t *testing.T) {
	inBubble(t, options{settings: "confirm: false"}, func(r *rig) {
		r.want(200, r.sns.Confirmation(topic))
		r.wantAsked(1) // the certificate
		r.wantCount("confirmations_ignored", 1)
		r.wantOut()
	})
}

func TestRawDeliveries(t *testing.T) {
	raw := func(r *rig) string {
		arn := r.subscribe("Attributes.entry.1.key", "RawMessageDelivery", "Attributes.entry.1.value", "true")
		synctest.Wait()
		return arn
	}
	t.Run("not allowed", func(t *testing.T) {
		inBubble(t, options{}, func(r *rig) {
			arn := raw(r)
			r.call("Publish", "TopicArn", arn, "Message", "x")
			time.Sleep(30 * time.Second)
			if n := r.sns.Deliveries(); n.Refused != 0 || n.Waiting != 1 {
				t.Errorf("deliveries %+v", n)
			}
			r.wantCount("postponed_raw", 2)
			r.wantOut()
			if !strings.Contains(r.log.String(), "set raw: true") {
				t.Errorf("log:\n%s", r.log.String())
			}
		})
	})
	t.Run("allowed", func(t *testing.T) {
		inBubble(t, options{settings: "raw: true, verify: false, confirm: false"}, func(r *rig) {
			r.want(200, []byte("x"), headerRaw, "true", headerTopic, topic, headerID, "m-1", headerType, "Notification")
			r.want(403, []byte("x"), headerRaw, "true", headerTopic, otherTopic)
			r.want(403, []byte("x"), headerRaw, "true")
			r.want(400, []byte("x"), headerRaw, "false", headerTopic, topic)
			r.want(400, []byte("x"), headerTopic, topic)
			r.want(200, r.genuine("y"))
			r.wantOut("x", "y")
			if got := r.Recorder.Got("out")[0]; got.ID != "m-1" || got.Meta["sns.TopicArn"] != topic || len(got.Meta) != 2 {
				t.Errorf("got %q, %v", got.ID, got.Meta)
			}
		})
	})
	t.Run("allowed with a password", func(t *testing.T) {
		inBubble(t, options{settings: "raw: true, username: sns, password: s3cret"}, func(r *rig) {
			login := "Basic c25zOnMzY3JldA=="
			envelope := string(r.sns.Notification(otherTopic, "an envelope that was published", nil))
			r.want(200, []byte(envelope), headerRaw, "true", headerTopic, topic, "Authorization", login)
			r.want(401, []byte("x"), headerRaw, "true", headerTopic, topic)
			r.want(403, []byte(envelope), "Authorization", login)
			r.want(200, r.sns.Confirmation(topic), headerRaw, "true", headerType, "SubscriptionConfirmation", "Authorization", login)
			r.wantOut(envelope)
			r.wantCount("confirmed", 1)
			if id := r.Recorder.IDs("out")[0]; len(id) != 32 {
				t.Errorf("id %q", id)
			}
		})
	})
}

// SNS sends the password when it is asked for it.
func TestPasswords(t *testing.T) {
	inBubble(t, options{settings: "username: sns, password: s3cret"}, func(r *rig) {
		body := r.genuine("x")
		asked := r.post(body)
		if asked.StatusCode != 401 || !strings.HasPrefix(asked.Header.Get("WWW-Authenticate"), `Basic realm="`) {
			t.Errorf("answered %d %v", asked.StatusCode, asked.Header)
		}
		r.want(401, body, "Authorization", "Bearer s3cret")
		r.want(503, body, "Authorization", "Basic c25zOnMzY3JlVA==") // s3creT
		r.want(503, body, "Authorization", "Basic czpuc3MzY3JldA==") // s:nss3cret
		r.wantAsked(0)
		r.want(200, body, "Authorization", "Basic c25zOnMzY3JldA==")
		r.wantOut("x")
		r.wantCount("postponed_passwords", 2)
	})
}
