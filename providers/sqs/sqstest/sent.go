package sqstest

import "github.com/leat-io/leat/internal/rawjson"

// sent is the answer to a message sent, and one of those to a batch.
type sent struct {
	entry       string
	id          string
	digest      string
	attrDigest  string
	traceDigest string
	sequence    string
}

// each yields what there is to say, under the names of both protocols.
func (s *sent) each(yield func(name, value string)) {
	for _, f := range [...]pair{
		{"Id", s.entry}, {"MessageId", s.id}, {"MD5OfMessageBody", s.digest}, {"MD5OfMessageAttributes", s.attrDigest},
		{"MD5OfMessageSystemAttributes", s.traceDigest}, {"SequenceNumber", s.sequence},
	} {
		if f.value != "" {
			yield(f.name, f.value)
		}
	}
}

func (s *sent) appendJSON(b []byte) []byte {
	b = append(b, '{')
	start := len(b)
	s.each(func(name, value string) {
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), `":`...)
		b = rawjson.AppendString(b, value)
	})
	return append(b, '}')
}

func (s *sent) appendXML(b []byte) []byte {
	s.each(func(name, value string) { b = appendElement(b, name, value) })
	return b
}

// sentBatch is the answer to a batch of messages.
type sentBatch struct {
	sent   []*sent
	failed []failedEntry
}

func (s *sentBatch) appendJSON(b []byte) []byte {
	b = append(b, `{"Successful":[`...)
	for i, one := range s.sent {
		if i > 0 {
			b = append(b, ',')
		}
		b = one.appendJSON(b)
	}
	return append(appendFailedJSON(append(b, ']'), s.failed), '}')
}

func (s *sentBatch) appendXML(b []byte) []byte {
	for _, one := range s.sent {
		b = append(one.appendXML(append(b, "<SendMessageBatchResultEntry>"...)), "</SendMessageBatchResultEntry>"...)
	}
	return appendFailedXML(b, s.failed)
}
