package conf

import (
	"strings"
	"unicode/utf8"
)

// At returns the node as if it began at a byte offset of Raw, for a problem
// inside of a longer text: a variable, or a word of an expression. Where the
// place cannot be told from the file, as in folded text, it is n itself.
func (n *Node) At(offset int) *Node {
	if n == nil || n.Kind != Scalar || n.src == nil || offset < 0 || offset > len(n.Raw) {
		return n
	}
	moved := *n
	if skip, text := n.written(); skip >= 0 {
		moved.Col += skip + utf8.RuneCountInString(text(n.Raw[:offset]))
	} else if line, col := n.inBlock(offset); line > 0 {
		moved.Line, moved.Col = line, col
	} else {
		return n
	}
	return &moved
}

// written finds how a scalar on one line is written there: how many characters
// precede its text, and how the file spells a part of it. Skip is negative when
// the line does not hold it as one piece.
func (n *Node) written() (skip int, spell func(string) string) {
	as := func(s string) string { return s }
	line := n.src.from(n.Line, n.Col)
	for strings.HasPrefix(line, "&") || strings.HasPrefix(line, "!") {
		_, after, _ := strings.Cut(line, " ")
		after = strings.TrimLeft(after, " \t")
		skip += utf8.RuneCountInString(line) - utf8.RuneCountInString(after)
		line = after
	}
	switch {
	case line == "":
		return -1, as
	case line[0] == '\'':
		as, skip, line = singleQuoted, skip+1, line[1:]
	case line[0] == '"':
		as, skip, line = doubleQuoted, skip+1, line[1:]
	}
	if n.Raw == "" || !strings.HasPrefix(line, as(n.Raw)) {
		return -1, as
	}
	return skip, as
}

func singleQuoted(s string) string { return strings.ReplaceAll(s, "'", "''") }
func doubleQuoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s)
}

// inBlock finds an offset in a text written with |, whose lines are in the file
// one by one behind their indentation.
func (n *Node) inBlock(offset int) (line, col int) {
	before := n.Raw[:offset]
	nth := strings.Count(before, "\n")
	inLine := before[strings.LastIndexByte(before, '\n')+1:]
	want, _, _ := strings.Cut(n.Raw[len(before)-len(inLine):], "\n")
	number := n.Line + 1 + nth
	indent, found := strings.CutSuffix(n.src.line(number), want)
	if !found || want == "" || strings.TrimLeft(indent, " \t") != "" {
		return 0, 0
	}
	return number, utf8.RuneCountInString(indent+inLine) + 1
}
