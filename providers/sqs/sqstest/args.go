package sqstest

import "strconv"

// args are the parameters of a call, whatever protocol it came in. Names are
// those of the JSON protocol.
type args interface {
	// text is a parameter as text, "" if there is none.
	text(name string) string
	// texts is a list of texts.
	texts(name string) []string
	// pairs is a map of texts, in the order in which it was written.
	pairs(name string) []pair
	// entries are the entries of a batch.
	entries() []args
	// attributes are message attributes.
	attributes(name string) ([]attribute, *failure)
	// has tells whether the parameter is there, if only as an empty text.
	has(name string) bool
}

type pair struct{ name, value string }

// number reads a whole number between from and to. Absent is def.
func number(a args, name string, def, from, to int) (int, *failure) {
	if !a.has(name) {
		return def, nil
	}
	text := a.text(name)
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badParameter(text, name, "Must be an integer.")
	}
	if n < from || n > to {
		return 0, badParameter(n, name, "Must be between "+strconv.Itoa(from)+" and "+strconv.Itoa(to)+", if provided.")
	}
	return n, nil
}

func textMap(pairs []pair) map[string]string {
	m := make(map[string]string, len(pairs))
	for _, p := range pairs {
		m[p.name] = p.value
	}
	return m
}
