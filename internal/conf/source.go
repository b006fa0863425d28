package conf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// source is the text of one file, as written, cut into lines the way YAML cuts
// it: the Unicode line separators count too.
type source struct {
	name  string
	lines []string
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

func newSource(name string, data []byte) *source {
	text := strings.ToValidUTF8(string(data), "\uFFFD")
	text = strings.TrimPrefix(text, "\uFEFF")
	return &source{name: name, lines: strings.Split(lineBreaks.Replace(text), "\n")}
}

// line returns a line, counted from 1, or "" when there is no such line.
func (s *source) line(number int) string {
	if s == nil || number < 1 || number > len(s.lines) {
		return ""
	}
	return s.lines[number-1]
}

// from returns the text of a line starting at a column.
func (s *source) from(line, col int) string {
	text := s.line(line)
	for ; col > 1 && text != ""; col-- {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return text
}

// endsAt reports whether nothing follows a place but blanks.
func (s *source) endsAt(line, col int) bool {
	rest := s.from(line, col)
	if line < len(s.lines) {
		rest += strings.Join(s.lines[max(0, line):], "")
	}
	return strings.TrimSpace(rest) == ""
}

// clamp brings a place inside the file. The YAML reader puts what is missing at
// the end one line behind the last.
func (s *source) clamp(line, col int) (int, int) {
	if line < 1 {
		return 1, 1
	}
	last := len(s.lines)
	if last > 1 && s.lines[last-1] == "" {
		last--
	}
	if line > last {
		return last, utf8.RuneCountInString(s.line(last)) + 1
	}
	return line, max(1, min(col, utf8.RuneCountInString(s.line(line))+1))
}

// unreadable says why data cannot be read as settings at all, and where.
func (s *source) unreadable(data []byte) (line, col int, why string) {
	if len(data) > maxFileSize {
		return 0, 0, fmt.Sprintf("the file is larger than %s", Size(maxFileSize))
	}
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		why = "the file is not UTF-8 text"
	}
	for i, text := range s.lines {
		for j, r := range []rune(text) {
			if r == utf8.RuneError && why != "" {
				return i + 1, j + 1, why
			}
			if unicode.IsControl(r) && r != '\t' {
				return i + 1, j + 1, fmt.Sprintf("control character U+%04X in the file", r)
			}
		}
	}
	return 0, 0, why
}
