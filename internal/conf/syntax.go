package conf

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// mistake is a syntax error in our words, where the reader should look for it.
type mistake struct {
	line, col int
	msg, hint string
}

// addSyntaxError reports text that is not YAML. The YAML package stops at the
// first such place of a file.
func addSyntaxError(src *source, err error, p *Problems) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		p.at(src, 0, 0, err.Error())
		return
	}
	m := explain(src, load)
	p.at(src, m.line, m.col, m.msg).Hint = m.hint
}

// explain says what a message of the YAML package means for someone who has
// never seen its grammar. One that is not known here is passed on as it is.
func explain(src *source, e *yaml.LoadError) mistake {
	here := mistake{line: e.Mark.Line, col: e.Mark.Column, msg: e.Message}
	begin := mistake{line: e.ContextMark.Line, col: e.ContextMark.Column, msg: e.Message}
	next := src.from(here.line, here.col)
	has := func(part string) bool { return strings.Contains(e.Message, part) }
	switch {
	case has("tab"), has("cannot start any token") && strings.HasPrefix(next, "\t"):
		return here.saying("a tab is used for indentation", "indent with spaces")
	case has("cannot start any token") && next != "":
		return here.saying(fmt.Sprintf("a value cannot start with %q", []rune(next)[0]), "put it in quotes")
	case has("mapping values are not allowed"):
		return unexpectedColon(src, here)
	case has("could not find expected ':'"):
		return missingColon(src, begin)
	case has("did not find expected ',' or"):
		return unclosed(src, here, begin)
	case has("did not find expected key"):
		return outOfPlace(here)
	case has("expected <document start>"):
		return secondRoot(src, here)
	case has("did not find expected '-'"):
		return here.saying(fmt.Sprintf("expected another \"- \" of the list that starts on line %d", begin.line),
			"what belongs to an item is indented deeper than its -")
	case has("sequence entries are not allowed"):
		return here.saying("a list cannot start here", "put its first - on the next line")
	case has("expected node content"):
		return noValue(src, here)
	case has("unexpected end of stream"), has("unexpected document indicator"):
		return begin.saying("the quote that opens here is not closed", "")
	case has("unknown escape"):
		return here.saying("unknown escape after \\", `write \\ for a backslash, or use single quotes`)
	case has("unknown anchor"), has("alphabetic or numeric character"):
		return here.saying(e.Message, "text that starts with * or & needs quotes")
	}
	return here
}

func (m mistake) saying(msg, hint string) mistake {
	m.msg, m.hint = msg, hint
	return m
}

func outOfPlace(here mistake) mistake {
	return here.saying("this does not belong to the settings above it",
		"settings of one level start in the same column, and nothing may follow a closing quote")
}

// noValue is a place where the text stops making sense.
func noValue(src *source, here mistake) mistake {
	if src.endsAt(here.line, here.col) {
		return here.saying("the file ends where a value is expected", "close every [ and { that is open")
	}
	return here.saying("expected a value here", "text that starts with a special character needs quotes")
}

// unclosed is a [ or { without its end. A ${ inside of one is the usual reason,
// because its { opens another.
func unclosed(src *source, here, begin mistake) mistake {
	if strings.HasPrefix(src.from(here.line, here.col-1), "${") {
		here.col--
		return here.saying("${…} inside of [ ] or { } needs quotes", `write "${NAME}"`)
	}
	opened, closed := "[", "]"
	if strings.HasPrefix(src.from(begin.line, begin.col), "{") {
		opened, closed = "{", "}"
	}
	if src.endsAt(here.line, here.col) {
		return begin.saying(fmt.Sprintf("the %s that opens here is not closed", opened), "")
	}
	return here.saying(fmt.Sprintf("expected \",\" or %q: the %s on line %d is still open", closed, opened, begin.line), "")
}

var noSpaceAfterColon = regexp.MustCompile(`^(\s*(?:- )*[A-Za-z_][\w.-]*:)([^\s:/#].*)$`)

// missingSpace finds name:value, which YAML takes for text, on a line.
func missingSpace(src *source, line int) (mistake, bool) {
	match := noSpaceAfterColon.FindStringSubmatch(src.line(line))
	if match == nil {
		return mistake{}, false
	}
	m := mistake{line: line, col: len([]rune(match[1])) + 1}
	return m.saying("missing space after the colon",
		"write "+strings.TrimLeft(match[1], " \t-")+" "+match[2]), true
}
