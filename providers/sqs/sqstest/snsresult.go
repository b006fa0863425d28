package sqstest

// texts is an answer of SNS that is a few texts. There is no JSON of it: SNS
// speaks the query protocol only.
type texts []pair

func (t texts) appendJSON(b []byte) []byte { return append(b, "{}"...) }

func (t texts) appendXML(b []byte) []byte {
	for _, p := range t {
		if p.value != "" {
			b = appendElement(b, p.name, p.value)
		}
	}
	return b
}

// members is an answer of SNS that is a list.
type members struct {
	name string
	all  []texts
}

func (m members) appendJSON(b []byte) []byte { return append(b, "{}"...) }

func (m members) appendXML(b []byte) []byte {
	b = append(append(append(b, '<'), m.name...), '>')
	for _, one := range m.all {
		b = append(one.appendXML(append(b, "<member>"...)), "</member>"...)
	}
	return append(append(append(b, "</"...), m.name...), '>')
}

// entryMap is an answer of SNS that is attributes.
type entryMap map[string]string

func (m entryMap) appendJSON(b []byte) []byte { return append(b, "{}"...) }

func (m entryMap) appendXML(b []byte) []byte {
	b = append(b, "<Attributes>"...)
	for _, p := range attributeMap(m).sorted() {
		b = appendElement(append(b, "<entry>"...), "key", p.name)
		b = append(appendElement(b, "value", p.value), "</entry>"...)
	}
	return append(b, "</Attributes>"...)
}
