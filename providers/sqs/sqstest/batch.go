package sqstest

import (
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

const maxBatch = 10

// entries returns the entries of a batch that is well-formed as a whole.
func (c *call) entries() ([]args, *failure) {
	switch n := len(c.batch); {
	case n == 0:
		return nil, modelled("EmptyBatchRequest", oldPrefix+"EmptyBatchRequest", 400, "There should be at least one %sRequestEntry in the request.", c.Action)
	case n > maxBatch:
		return nil, modelled("TooManyEntriesInBatchRequest", oldPrefix+"TooManyEntriesInBatchRequest", 400, "Maximum number of entries per request are %d. You have sent %d.", maxBatch, n)
	}
	return c.batch, checkIDs(c.batch)
}

func checkIDs(entries []args) *failure {
	for i, e := range entries {
		id := e.text("Id")
		if id == "" || len(id) > 80 || strings.ContainsFunc(id, func(r rune) bool { return !isNameRune(r) }) {
			return modelled("InvalidBatchEntryId", oldPrefix+"InvalidBatchEntryId", 400, "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		for _, before := range entries[:i] {
			if before.text("Id") == id {
				return modelled("BatchEntryIdsNotDistinct", oldPrefix+"BatchEntryIdsNotDistinct", 400, "Id %s repeated.", id)
			}
		}
	}
	return nil
}

// batchDone is the answer to a batch that has nothing to say but what worked.
type batchDone struct {
	kind   string // what an entry is called in XML
	worked []string
	failed []failedEntry
}

type failedEntry struct {
	id   string
	fail *failure
}

func (d *batchDone) add(id string, fail *failure) {
	if fail != nil {
		d.failed = append(d.failed, failedEntry{id, fail})
		return
	}
	d.worked = append(d.worked, id)
}

func (d *batchDone) appendJSON(b []byte) []byte {
	b = append(b, `{"Successful":[`...)
	for i, id := range d.worked {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(rawjson.AppendString(append(b, `{"Id":`...), id), '}')
	}
	return append(appendFailedJSON(append(b, ']'), d.failed), '}')
}

func (d *batchDone) appendXML(b []byte) []byte {
	for _, id := range d.worked {
		b = append(append(append(b, '<'), d.kind...), '>')
		b = append(append(append(appendElement(b, "Id", id), "</"...), d.kind...), '>')
	}
	return appendFailedXML(b, d.failed)
}

func appendFailedJSON(b []byte, failed []failedEntry) []byte {
	b = append(b, `,"Failed":[`...)
	for i, f := range failed {
		if i > 0 {
			b = append(b, ',')
		}
		b = rawjson.AppendString(append(b, `{"Id":`...), f.id)
		b = rawjson.AppendString(append(b, `,"SenderFault":true,"Code":`...), f.fail.code)
		b = append(rawjson.AppendString(append(b, `,"Message":`...), f.fail.message), '}')
	}
	return append(b, ']')
}

func appendFailedXML(b []byte, failed []failedEntry) []byte {
	for _, f := range failed {
		b = appendElement(append(b, "<BatchResultErrorEntry>"...), "Id", f.id)
		b = appendElement(b, "Code", f.fail.code)
		b = appendElement(b, "Message", f.fail.message)
		b = append(appendElement(b, "SenderFault", "true"), "</BatchResultErrorEntry>"...)
	}
	return b
}

// done is the answer of actions that return nothing.
type done struct{}

func (done) appendJSON(b []byte) []byte { return append(b, "{}"...) }
func (done) appendXML(b []byte) []byte  { return b }
