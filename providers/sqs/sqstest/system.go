package sqstest

import "strconv"

// systemSet is which of its own attributes of a message SQS is asked for.
type systemSet uint16

const (
	senderID systemSet = 1 << iota
	sentTimestamp
	receiveCount
	firstReceived
	sequenceNumber
	dedupID
	groupID
	traceHeader
	deadLetterSource
	allSystem = 1<<iota - 1
)

var systemNames = map[string]systemSet{
	"All":                              allSystem,
	"SenderId":                         senderID,
	"SentTimestamp":                    sentTimestamp,
	"ApproximateReceiveCount":          receiveCount,
	"ApproximateFirstReceiveTimestamp": firstReceived,
	"SequenceNumber":                   sequenceNumber,
	"MessageDeduplicationId":           dedupID,
	"MessageGroupId":                   groupID,
	"AWSTraceHeader":                   traceHeader,
	"DeadLetterQueueSourceArn":         deadLetterSource,
}

func readSystemSet(lists ...[]string) (systemSet, *failure) {
	var set systemSet
	for _, names := range lists {
		for _, name := range names {
			bits, ok := systemNames[name]
			if !ok {
				return 0, badAttributeName(name)
			}
			set |= bits
		}
	}
	return set, nil
}

// senderIdentity is who every message is from.
const senderIdentity = "AIDAIT2UOQQY3AUEKVGXU"

// eachSystem yields the attributes in the set that the message has.
func (d *delivery) eachSystem(set systemSet, yield func(name, value string)) {
	for _, a := range [...]struct {
		bit   systemSet
		name  string
		value string
	}{
		{deadLetterSource, "DeadLetterQueueSourceArn", d.source},
		{traceHeader, "AWSTraceHeader", d.trace},
		{groupID, "MessageGroupId", d.group},
		{dedupID, "MessageDeduplicationId", d.dedup},
		{sequenceNumber, "SequenceNumber", d.sequence},
	} {
		if set&a.bit != 0 && a.value != "" {
			yield(a.name, a.value)
		}
	}
	if set&senderID != 0 {
		yield("SenderId", senderIdentity)
	}
	if set&sentTimestamp != 0 {
		yield("SentTimestamp", millis(d.sent))
	}
	if set&receiveCount != 0 {
		yield("ApproximateReceiveCount", strconv.Itoa(d.receives))
	}
	if set&firstReceived != 0 {
		yield("ApproximateFirstReceiveTimestamp", millis(d.first))
	}
}
