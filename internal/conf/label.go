package conf

import (
	"strconv"
	"strings"
)

// label begins a message about the value of a setting with the name of it.
func label(n *Node) string {
	if n.name == "" {
		return ""
	}
	if strings.Trim(strconv.Quote(n.name), `"`) != n.name || strings.ContainsAny(n.name, ": ") {
		return quote(n.name) + ": "
	}
	return n.name + ": "
}

// got names what was written. A value from outside the file is named by its
// reference.
func got(n *Node) string {
	switch {
	case n.Kind != Scalar:
		return n.Kind.String()
	case n.Value == n.Raw:
		return quote(n.Value)
	case n.Value == "":
		return "the value of " + quote(n.Raw) + ", which is empty"
	}
	return "the value of " + quote(n.Raw)
}

// quote is for texts of any length.
func quote(text string) string {
	const longest = 60
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return strconv.Quote(text)
}
