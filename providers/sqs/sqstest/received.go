package sqstest

import (
	"strconv"
	"strings"
	"time"

	"github.com/leat-io/leat/internal/rawjson"
)

// received is the answer to a receive.
type received struct {
	queue    *queue
	want     *wanted
	messages []delivery
}

func (r *received) giveBack() { r.queue.giveBack(r.messages) }

func (r *received) appendJSON(b []byte) []byte {
	if len(r.messages) == 0 {
		return append(b, "{}"...)
	}
	b = append(b, `{"Messages":[`...)
	for i := range r.messages {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.appendMessageJSON(b, &r.messages[i])
	}
	return append(b, "]}"...)
}

func (r *received) appendMessageJSON(b []byte, d *delivery) []byte {
	b = append(append(append(b, `{"MessageId":"`...), d.id...), `","ReceiptHandle":"`...)
	b = handle{r.queue.serial, d.number, d.receipt}.append(b)
	b = append(append(append(b, `","MD5OfBody":"`...), d.digest...), `","Body":`...)
	b = append(b, d.literal...)
	if r.want.system != 0 {
		b = append(b, `,"Attributes":{`...)
		start := len(b)
		d.eachSystem(r.want.system, func(name, value string) {
			if len(b) > start {
				b = append(b, ',')
			}
			b = append(append(append(b, '"'), name...), `":`...)
			b = rawjson.AppendString(b, value)
		})
		b = append(b, '}')
	}
	attributes, digest := r.want.names.of(d.message)
	if len(attributes) == 0 {
		return append(b, '}')
	}
	b = append(append(append(b, `,"MD5OfMessageAttributes":"`...), digest...), `","MessageAttributes":{`...)
	for i := range attributes {
		if i > 0 {
			b = append(b, ',')
		}
		b = attributes[i].appendJSON(b)
	}
	return append(b, "}}"...)
}

func (r *received) appendXML(b []byte) []byte {
	for i := range r.messages {
		d := &r.messages[i]
		b = appendElement(append(b, "<Message>"...), "MessageId", d.id)
		b = append(handle{r.queue.serial, d.number, d.receipt}.append(append(b, "<ReceiptHandle>"...)), "</ReceiptHandle>"...)
		b = appendElement(b, "MD5OfBody", d.digest)
		b = appendElement(b, "Body", d.body)
		d.eachSystem(r.want.system, func(name, value string) {
			b = appendElement(append(b, "<Attribute>"...), "Name", name)
			b = append(appendElement(b, "Value", value), "</Attribute>"...)
		})
		attributes, digest := r.want.names.of(d.message)
		if len(attributes) > 0 {
			b = appendElement(b, "MD5OfMessageAttributes", digest)
		}
		for i := range attributes {
			b = attributes[i].appendXML(b)
		}
		b = append(b, "</Message>"...)
	}
	return b
}

// nameSet is which message attributes a receive wants: All, names, or beginnings
// of names with ".*" behind them.
type nameSet []string

// of returns the attributes that are wanted, and their digest.
func (n nameSet) of(m *message) ([]attribute, string) {
	if len(n) == 0 || len(m.attributes) == 0 {
		return nil, ""
	}
	var some []attribute
	for _, a := range m.attributes {
		if n.wants(a.name) {
			some = append(some, a)
		}
	}
	if len(some) == len(m.attributes) {
		return some, m.attrDigest
	}
	return some, attributesDigest(some)
}

func (n nameSet) wants(name string) bool {
	for _, want := range n {
		prefix, isPrefix := strings.CutSuffix(want, ".*")
		if want == "All" || want == name || isPrefix && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func millis(nanos int64) string {
	return strconv.FormatInt(nanos/int64(time.Millisecond), 10)
}
