// Package snshttp takes in what SNS delivers to an HTTP or HTTPS endpoint.
//
// A notification becomes an event: its Message is the payload, its MessageId the
// id, which SNS keeps when it sends a message again. Metadata are sns.TopicArn,
// sns.MessageId, sns.Timestamp, sns.Subject and sns.NAME for each
// MessageAttribute, of which 1,000 count at most; attributes are not covered by the
// signature. The headers of
// the request are not signed either and say nothing here, except for raw
// deliveries.
//
// The answer is 200 once the event is settled. It is 503, after which SNS sends
// the message again, when the flow hands the event back or takes longer than
// timeout, when there are too many requests, when the message cannot be verified
// just now, when the username or password is wrong, or when leat stops. SNS waits
// 15 seconds for an answer, tries three times more at intervals of 20 seconds
// unless the subscription has another delivery policy, and then forgets the
// message: with spool: true the answer waits for the disk only. SNS forgets a
// message at once after any 4xx but 429 ("Amazon SNS message delivery retries" in
// its developer guide), so that they are for what will never be right: 403 for a
// topic that is not allowed and for what is not genuine, 400 for what is no message
// of SNS, 413 beyond 2MiB, which no message of SNS has. Only 401 is a question: SNS
// then sends the username and password.
//
// The first message of a subscription asks to confirm it. That is done here, and
// the message goes no further; neither do messages about the end of one.
//
// Counters named refused_… have what was answered with a 4xx, those named
// postponed_… what was answered with 503, by reason; confirmed has the requests
// to confirm a subscription that were followed. Each reason is logged once a
// minute at most.
package snshttp

import (
	"time"

	"github.com/leat-io/leat/pipeline"
)

// Source takes in messages of SNS topics.
var Source = pipeline.DefineSource("snshttp", SourceConfig{
	Listen:      "127.0.0.1:8080",
	Path:        "/",
	Verify:      true,
	Confirm:     true,
	Unwrap:      true,
	MaxRequests: 500,
	Timeout:     12 * time.Second,
}, NewSource)
