package snshttp

import (
	"net/http"

	"github.com/leat-io/leat/pipeline"
)

// reason is why a request brings no event. Each has a counter.
type reason struct {
	counter string
	status  int
	text    string // for the sender; it tells nothing about the flow
	note    string // for the operator; "" when others say it
}

const again = http.StatusServiceUnavailable

var (
	stray = &reason{"refused_strays", http.StatusNotFound, "there is nothing here", ""}
	unfit = &reason{"refused_methods", http.StatusMethodNotAllowed, "want POST", ""}
	// SNS gives the username and password of an endpoint's URL only when it is
	// asked for them.
	unnamed   = &reason{"challenged", http.StatusUnauthorized, "want a username and password", ""}
	oversized = &reason{"refused_oversized", http.StatusRequestEntityTooLarge, "the body is larger than a message of SNS can be",
		"a request was refused whose body is larger than a message of SNS can be"}
	malformed = &reason{"refused_malformed", http.StatusBadRequest, "the body is not a message of SNS",
		"a request was refused that is not a message of SNS"}
	foreign = &reason{"refused_topics", http.StatusForbidden, "the topic is not allowed here",
		"a message was refused, and SNS does not send it again: its topic is not one of topics"}
	forged = &reason{"refused_forged", http.StatusForbidden, "the message is not genuine",
		"a message was refused that is not genuine"}
	stale = &reason{"refused_stale", http.StatusForbidden, "the message is too old",
		"a message was refused, and SNS does not send it again: it is older than max_age"}
	unconfirmed = &reason{"confirmations_refused", http.StatusForbidden, "the subscription cannot be confirmed",
		"a subscription was not confirmed; to have SNS ask again, subscribe again"}

	mistaken = &reason{"postponed_passwords", again, "the username or password is wrong: send it again later",
		"a request has a wrong username or password; if it is one of SNS, subscribe again with a URL that has the right ones"}
	unasked = &reason{"postponed_raw", again, "raw deliveries are not accepted: send it again later",
		"a raw delivery was sent back; set raw: true, or turn raw message delivery off for the subscription, before SNS gives up on it"}
	unread = &reason{"postponed_unread", again, "the body cannot be read: send it again",
		""}
	unverified = &reason{"postponed_unverified", again, "the message cannot be verified now: send it again later",
		"a message was sent back because it cannot be verified; SNS gives up on it after a few attempts"}
	unvisited = &reason{"postponed_confirmations", again, "the subscription cannot be confirmed now: send it again later",
		"a subscription is not confirmed yet; SNS asks again"}
	busy = &reason{"postponed_busy", again, "too many requests are waiting: send it again later",
		"messages were sent back because there are more requests than max_requests; spool: true answers them sooner"}
	returned = &reason{"postponed_returned", again, "not delivered: send it again", ""}
	late     = &reason{"postponed_late", again, "not delivered in time: send it again",
		"messages were sent back because the flow does not settle them within timeout; spool: true answers them sooner"}
	stopping = &reason{"postponed_stopping", again, "shutting down: send it again", ""}
)

// What SNS says about subscriptions brings no event and is answered with 200.
var (
	confirmed = &reason{"confirmed", http.StatusOK, "", ""}
	ended     = &reason{"subscriptions_ended", http.StatusOK, "",
		"SNS says that a subscription was ended; to begin it again, subscribe again"}
	ignored = &reason{"confirmations_ignored", http.StatusOK, "",
		"SNS asks to confirm a subscription; it is not confirmed from here, and nothing comes before it is: set verify, topics and confirm: true, and subscribe again"}
)

var reasons = []*reason{
	stray, unfit, unnamed, oversized, malformed, foreign, forged, stale, unconfirmed,
	mistaken, unasked, unread, unverified, unvisited, busy, returned, late, stopping,
	confirmed, ended, ignored,
}

// refusal is a request that is not answered with 200.
type refusal struct {
	*reason
	err error // more about it for the operator, or nil
}

func (r *reason) because(err error) *refusal { return &refusal{r, err} }

// tally counts what becomes of requests that bring no event, or one that is not
// settled.
type tally map[*reason]*pipeline.Counter

func newTally(counter func(name string) *pipeline.Counter) tally {
	t := make(tally, len(reasons))
	for _, r := range reasons {
		t[r] = counter(r.counter)
	}
	return t
}
