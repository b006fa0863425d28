package sqstest

// publishedBatch is the answer to a batch of notifications.
type publishedBatch struct {
	sent   []texts
	failed []failedEntry
}

func (p *publishedBatch) appendJSON(b []byte) []byte { return append(b, "{}"...) }

func (p *publishedBatch) appendXML(b []byte) []byte {
	b = members{name: "Successful", all: p.sent}.appendXML(b)
	failed := members{name: "Failed"}
	for _, f := range p.failed {
		failed.all = append(failed.all, texts{{"Id", f.id}, {"Code", f.fail.code}, {"Message", f.fail.message}, {"SenderFault", "true"}})
	}
	return failed.appendXML(b)
}
