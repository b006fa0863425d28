package conf

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scrub puts ${…} back in place of the values it stands for, in n and in
// everything below it. It is for messages written by code that has seen the
// values, such as a Validate or an UnmarshalText.
func scrub(n *Node, msg string) string {
	if n == nil {
		return msg
	}
	if len(n.pieces) > 0 {
		msg = hide(msg, n.Value, n.Raw)
		for _, piece := range n.pieces {
			msg = hide(msg, piece.value, piece.ref)
		}
	}
	for _, f := range n.Fields {
		msg = scrub(f.Value, msg)
	}
	for _, item := range n.Items {
		msg = scrub(item, msg)
	}
	return msg
}

// hide replaces value and the way %q prints it. A short value is replaced only
// where it stands alone: one that is 1 must not turn 100 into ${N}00.
func hide(msg, value, ref string) string {
	const short = 8
	escaped := strconv.Quote(value)
	for _, form := range []string{value, escaped[1 : len(escaped)-1]} {
		switch {
		case form == "":
		case len(form) < short:
			msg = replaceWord(msg, form, ref)
		default:
			msg = strings.ReplaceAll(msg, form, ref)
		}
	}
	return msg
}

func replaceWord(msg, word, with string) string {
	var out strings.Builder
	for {
		i := strings.Index(msg, word)
		if i < 0 {
			return out.String() + msg
		}
		end := i + len(word)
		before, _ := utf8.DecodeLastRuneInString(out.String() + msg[:i])
		after, _ := utf8.DecodeRuneInString(msg[end:])
		out.WriteString(msg[:i])
		if inWord(before) || inWord(after) {
			out.WriteString(word)
		} else {
			out.WriteString(with)
		}
		msg = msg[end:]
	}
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

var quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// scrubParts is scrub for the error of reading n alone. Such errors quote the
// part they stumbled over: time: unknown unit "ecret" in duration "5ecret".
func scrubParts(n *Node, msg string) string {
	if len(n.pieces) > 0 {
		msg = quotedText.ReplaceAllStringFunc(msg, func(quoted string) string {
			part, err := strconv.Unquote(quoted)
			if err == nil && part != n.Value && strings.Contains(n.Value, part) {
				return `"…"`
			}
			return quoted
		})
	}
	return scrub(n, msg)
}
