package sqs

import (
	"fmt"
	"strconv"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

var messagesPath, successfulPath, failedPath = rawjson.NewPath("Messages"), rawjson.NewPath("Successful"), rawjson.NewPath("Failed")

// readMessages reads the checked answer to ReceiveMessage. What it returns keeps
// nothing of the answer: one message that is held must not hold nine others.
func readMessages(answer []byte) ([]*received, error) {
	list, ok := messagesPath.Find(answer)
	if !ok || rawjson.KindOf(list) == rawjson.Null {
		return nil, nil
	}
	if rawjson.KindOf(list) != rawjson.Array {
		return nil, fmt.Errorf("ReceiveMessage: Messages is no list")
	}
	messages := make([]*received, 0, maxBatch)
	for element := range rawjson.Elements(list) {
		m, err := readMessage(element)
		if err != nil {
			return messages, err
		}
		messages = append(messages, m)
	}
	return messages, nil
}

func readMessage(raw []byte) (*received, error) {
	if rawjson.KindOf(raw) != rawjson.Object {
		return nil, fmt.Errorf("ReceiveMessage: a message is no object")
	}
	var f rawjson.Fields
	f.Index(raw)
	text := func(name string) string {
		v, ok := f.Get(name)
		if !ok || rawjson.KindOf(v) != rawjson.String {
			return ""
		}
		return rawjson.Text(v)
	}
	m := &received{id: text("MessageId"), receipt: text("ReceiptHandle")}
	if m.receipt == "" {
		return nil, fmt.Errorf("ReceiveMessage: message %q has no ReceiptHandle", m.id)
	}
	if body, ok := f.Get("Body"); ok && rawjson.KindOf(body) == rawjson.String {
		m.body = rawjson.AppendText(make([]byte, 0, len(body)), body)
	}
	system, _ := f.Get("Attributes")
	own, _ := f.Get("MessageAttributes")
	meta := newJSONMeta(m.id, system, own)
	m.meta = meta
	m.readSystem(meta.system)
	return m, nil
}

// readSystem takes what the source itself needs from the system's attributes.
func (m *received) readSystem(system []byte) {
	if len(system) == 0 {
		return
	}
	for key, value := range rawjson.Members(system) {
		switch {
		case rawjson.EqualText(key, "SentTimestamp"):
			m.setSent(rawjson.Text(value))
		case rawjson.EqualText(key, "ApproximateReceiveCount"):
			m.receives, _ = strconv.Atoi(rawjson.Text(value))
		case rawjson.EqualText(key, "MessageGroupId"):
			m.group = rawjson.Text(value)
		}
	}
}

// read is [received.readSystem] for attributes in another form.
func (m *received) read(system func(name string) (string, bool)) {
	m.group, _ = system("MessageGroupId")
	if v, ok := system("ApproximateReceiveCount"); ok {
		m.receives, _ = strconv.Atoi(v)
	}
	if v, ok := system("SentTimestamp"); ok {
		m.setSent(v)
	}
}

func (m *received) setSent(milliseconds string) {
	if ms, err := strconv.ParseInt(milliseconds, 10, 64); err == nil {
		m.sent = time.UnixMilli(ms)
	}
}

// readBatch returns the entries that failed. One that the answer does not mention
// at all counts as failed too.
func readBatch(answer []byte, n int) (map[int]*entryError, error) {
	failed := map[int]*entryError{}
	done := make([]bool, n)
	if list, ok := successfulPath.Find(answer); ok && rawjson.KindOf(list) == rawjson.Array {
		for element := range rawjson.Elements(list) {
			if i := entryIndex(element, n); i >= 0 {
				done[i] = true
			}
		}
	}
	if list, ok := failedPath.Find(answer); ok && rawjson.KindOf(list) == rawjson.Array {
		for element := range rawjson.Elements(list) {
			if i := entryIndex(element, n); i >= 0 {
				failed[i] = readFailure(element)
			}
		}
	}
	return withUnmentioned(failed, done), nil
}

func withUnmentioned(failed map[int]*entryError, done []bool) map[int]*entryError {
	for i, ok := range done {
		if !ok && failed[i] == nil {
			failed[i] = &entryError{code: unmentioned, message: "the answer does not say what became of the entry"}
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return failed
}

func entryIndex(element []byte, n int) int {
	v, ok := rawjson.NewPath("Id").Find(element)
	if !ok {
		return -1
	}
	return indexOf(rawjson.Text(v), n)
}

func indexOf(id string, n int) int {
	i, err := strconv.Atoi(id)
	if err != nil || i < 0 || i >= n {
		return -1
	}
	return i
}

func readFailure(element []byte) *entryError {
	text := func(name string) string {
		v, ok := rawjson.NewPath(name).Find(element)
		if !ok {
			return ""
		}
		return rawjson.Text(v)
	}
	return &entryError{code: text("Code"), message: text("Message"), senders: text("SenderFault") == "true"}
}
