package sqs

import (
	"errors"
)

type xmlPair struct{ Name, Value string }

// xmlReceived is the answer to ReceiveMessage.
type xmlReceived struct {
	Messages []struct {
		MessageId, ReceiptHandle, Body string
		Attribute                      []xmlPair
		MessageAttribute               []struct {
			Name  string
			Value struct {
				StringValue *string
				BinaryValue string
			}
		}
	} `xml:"ReceiveMessageResult>Message"`
}

func (x *xmlReceived) read() ([]*received, error) {
	var messages []*received
	for i := range x.Messages {
		from := &x.Messages[i]
		if from.ReceiptHandle == "" {
			return messages, errors.New("ReceiveMessage: a message has no ReceiptHandle")
		}
		m := &received{id: from.MessageId, receipt: from.ReceiptHandle, body: []byte(from.Body)}
		meta := &listMeta{}
		if from.MessageId != "" {
			meta.system = append(meta.system, pair{messageID, from.MessageId})
		}
		for _, a := range from.Attribute {
			meta.system = append(meta.system, pair{a.Name, a.Value})
		}
		for _, a := range from.MessageAttribute {
			value := a.Value.BinaryValue
			if a.Value.StringValue != nil {
				value = *a.Value.StringValue
			}
			meta.own = append(meta.own, pair{a.Name, value})
		}
		m.meta = meta
		m.read(meta.attribute)
		messages = append(messages, m)
	}
	return messages, nil
}

// xmlBatch is the answer to any of the batch actions: the names of its elements
// differ by action, and there are just two that hold entries.
type xmlBatch struct {
	Results []struct {
		Done []struct{ Id string } `xml:",any"`
		// encoding/xml gives what has a name of its own to the field of that name.
		Failed []struct {
			Id, Code, Message string
			SenderFault       bool
		} `xml:"BatchResultErrorEntry"`
	} `xml:",any"`
}

func (x *xmlBatch) failures(n int) map[int]*entryError {
	failed := map[int]*entryError{}
	done := make([]bool, n)
	for _, r := range x.Results {
		for _, d := range r.Done {
			if i := indexOf(d.Id, n); i >= 0 {
				done[i] = true
			}
		}
		for _, f := range r.Failed {
			if i := indexOf(f.Id, n); i >= 0 {
				failed[i] = &entryError{code: f.Code, message: f.Message, senders: f.SenderFault}
			}
		}
	}
	return withUnmentioned(failed, done)
}
