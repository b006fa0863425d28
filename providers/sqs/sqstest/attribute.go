package sqstest

import (
	"cmp"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
)

// attribute is a message attribute. A kind is String, Number or Binary, and may
// have a label of the sender's: Number.float.
type attribute struct {
	name   string
	kind   string
	value  string // decoded, if binary
	binary bool   // came as a BinaryValue
	given  bool
}

const maxAttributes = 10

// checkAttributes checks and sorts attributes by name.
func checkAttributes(all []attribute) *failure {
	if len(all) > maxAttributes {
		return badValue("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(all), maxAttributes)
	}
	for _, a := range all {
		if fail := a.check(); fail != nil {
			return fail
		}
	}
	slices.SortStableFunc(all, func(a, b attribute) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(all); i++ {
		if all[i].name == all[i-1].name {
			return badValue("Message (user) attribute name '%s' already exists.", all[i].name)
		}
	}
	return nil
}

func (a *attribute) check() *failure {
	if why := badName(a.name); why != "" {
		return badValue("Message (user) attribute name '%s' is invalid. Reason: %s", a.name, why)
	}
	base, _, _ := strings.Cut(a.kind, ".")
	switch {
	case a.kind == "":
		return badValue("The message attribute '%s' must contain a non-empty message attribute type.", a.name)
	case base != "String" && base != "Number" && base != "Binary" || len(a.kind) > 256:
		return badValue("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", a.name)
	case !a.given || a.value == "" || a.binary != (base == "Binary"):
		return badValue("The message attribute '%s' must contain a non-empty message attribute value of message attribute type '%s'.", a.name, base)
	case base == "Number" && !isNumber(a.value):
		return badValue("Can't cast the value of message (user) attribute '%s' to a number.", a.name)
	case base == "String":
		return checkText(a.value, "message attribute")
	}
	return nil
}

// badName says why an attribute cannot be called so, or "".
func badName(name string) string {
	lower := strings.ToLower(name)
	switch {
	case name == "" || len(name) > 256:
		return "Must be 1 to 256 characters long."
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
		return "Must not start with AWS. or Amazon."
	case name[0] == '.' || name[len(name)-1] == '.' || strings.Contains(name, ".."):
		return "Periods must be single and inside of the name."
	case strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) && r != '.' }):
		return "Can contain letters, digits, underscores, hyphens and periods."
	}
	return ""
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && !strings.ContainsAny(s, "xXpP_nN")
}

// attributesDigest is the MD5 of attributes that are sorted by name, "" of none.
func attributesDigest(all []attribute) string {
	if len(all) == 0 {
		return ""
	}
	h := md5.New()
	var b []byte
	for i := range all {
		b = all[i].appendForDigest(b[:0])
		_, _ = h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (a *attribute) appendForDigest(b []byte) []byte {
	transport := byte(1)
	if a.binary {
		transport = 2
	}
	b = appendSized(b, a.name)
	b = append(appendSized(b, a.kind), transport)
	return appendSized(b, a.value)
}

func appendSized(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// field is the name of the value in both protocols, and text the value there.
func (a *attribute) field() (name, text string) {
	if a.binary {
		return "BinaryValue", base64.StdEncoding.EncodeToString([]byte(a.value))
	}
	return "StringValue", a.value
}

func (a *attribute) appendJSON(b []byte) []byte {
	name, text := a.field()
	b = rawjson.AppendString(b, a.name)
	b = rawjson.AppendString(append(b, `:{"DataType":`...), a.kind)
	b = append(append(append(b, `,"`...), name...), `":`...)
	return append(rawjson.AppendString(b, text), '}')
}

func (a *attribute) appendXML(b []byte) []byte {
	name, text := a.field()
	b = appendElement(append(b, "<MessageAttribute>"...), "Name", a.name)
	b = appendElement(append(b, "<Value>"...), name, text)
	return append(appendElement(b, "DataType", a.kind), "</Value></MessageAttribute>"...)
}
