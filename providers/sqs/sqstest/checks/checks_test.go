package checks_test

import (
	"os"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/providers/sqs/sqstest/checks"
)

func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }

func TestDoubleInJSON(t *testing.T) {
	t.Parallel()
	s := sqstest.New(t, sqstest.Options{Protocols: sqstest.JSON})
	checks.Run(t, checks.Target{URL: s.URL, SNS: true})
}

func TestDoubleInQuery(t *testing.T) {
	t.Parallel()
	s := sqstest.New(t, sqstest.Options{Protocols: sqstest.Query})
	checks.Run(t, checks.Target{URL: s.URL, Query: true, SNS: true})
}

func TestFauxqs(t *testing.T) {
	t.Parallel()
	checks.Run(t, checks.Target{URL: testservers.Fauxqs(t), SNS: true, Deviations: deviations(map[string][]string{
		"it takes any queue name":                               {"refuses a queue name with spaces"},
		"it leaves unknown attributes out":                      {"refuses attributes of a queue that do not exist"},
		"it deletes by the receipts of messages in flight only": {"deletes a message whose visibility timeout is over"},
		"it takes any receipt handle":                           {"refuses a receipt handle that is none", "deletes a batch and names the handles that are none"},
		"it has no DeadLetterQueueSourceArn":                    {"names the queue that a dead letter is from"},
		"it has no message system attributes of senders":        {"answers with the digest of message system attributes"},
		"it gives out one message of a group at a time": {
			"FIFO: gives out several messages of a group at once", "FIFO: keeps the order of a batch", "FIFO: knows a message by its body if the queue says so",
		},
		"it refuses characters beyond the first plane":          {"keeps characters beyond the first plane"},
		"it does not look at message attributes":                {"takes ten message attributes and no eleventh", "refuses message attributes without a value or of unknown types"},
		"it gives out all message attributes if none are named": {"gives out the message attributes that are asked for"},
		"a poll that was given up takes the next message":       {"does not give a message to a client that has gone"},
	})})
}

func TestElasticMQ(t *testing.T) {
	t.Parallel()
	checks.Run(t, checks.Target{URL: testservers.ElasticMQ(t), Query: true, Deviations: deviations(map[string][]string{
		"it is older than FIFO queues": fifoChecks(),
		"it is older than message attributes": {
			"keeps message attributes of every type", "takes ten message attributes and no eleventh", "answers with the digest of message system attributes",
			"refuses message attributes without a value or of unknown types", "gives out the message attributes that are asked for",
		},
		"it is older than dead letters": {"moves a message that was received too often to the dead letters", "names the queue that a dead letter is from"},
		"it is older than PurgeQueue":   {"purges a queue"},
		"it knows no ARNs":              {"tells and changes the attributes of a queue"},
		"it checks no values unless told to be strict, and then knows the limits of 2013": {
			"refuses attributes of a queue that do not exist", "refuses values of attributes out of range", "refuses an empty body",
			"takes no message larger than the queue does", "takes a message of 1 MiB and none that is larger", "refuses to give out eleven messages",
			"refuses to wait longer than 20 seconds", "refuses a body with characters that XML has not", "refuses to lengthen it beyond twelve hours",
			"refuses a batch that is empty", "refuses a batch of eleven", "refuses a batch of more than 1 MiB", "refuses a batch with an id that is none",
			"takes the good entries of a batch and names the bad ones", "refuses to delete an empty batch",
		},
		"it takes any receipt handle":                                               {"refuses a receipt handle that is none", "deletes a batch and names the handles that are none"},
		"a batch with a receipt handle that is none fails as a whole":               {"changes the visibility of a batch and names what cannot be changed"},
		"it does not tell apart what is in flight":                                  {"refuses to change the visibility of a message that is not in flight"},
		"it tells the time of the newest receive as that of the first":              {"counts receives and tells when the first was"},
		"a poll that was given up takes the next message":                           {"does not give a message to a client that has gone"},
		"a long poll ends for new messages only, not for those that become visible": {"ends a long poll when a message becomes visible again"},
	})})
}

func fifoChecks() (names []string) {
	for _, name := range checks.Names() {
		if strings.HasPrefix(name, "FIFO:") {
			names = append(names, name)
		}
	}
	return names
}

// deviations turns reasons with the checks that fail for them into a list of
// checks with reasons.
func deviations(reasons map[string][]string) map[string]string {
	all := map[string]string{}
	for reason, names := range reasons {
		for _, name := range names {
			all[name] = reason
		}
	}
	return all
}
