package diagram

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Nobody knows which fonts there will be. Text is taken to be a little wider than it is
// in most, so that it never leaves its card.
const (
	monoWidth = 0.61 // of a character, for a size of 1
	boldWidth = 0.61
)

// measure is how wide a text is. Details and conditions are in a font whose characters
// are all as wide; bold is for names.
func measure(text string, size float64, bold bool) float64 {
	width := monoWidth
	if bold {
		width = boldWidth
	}
	n := 0.0
	for _, r := range text {
		n += cells(r)
	}
	return n * width * size
}

// cells is how many characters' room a character takes.
func cells(r rune) float64 {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x1f300 && r < 0x1faff:
		return 1.7
	}
	return 1
}

// fit cuts a text that is wider than there is room.
func fit(text string, room, size float64, bold bool) string {
	text = strings.Join(strings.Fields(text), " ")
	if measure(text, size, bold) <= room {
		return text
	}
	for text != "" && measure(text+"…", size, bold) > room {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return strings.TrimRight(text, " ,") + "…"
}

// wrap breaks a text into lines at its spaces. What is in no line is cut off.
func wrap(text string, room, size float64, most int) (lines []string) {
	line := ""
	words := strings.Fields(text)
	for i, word := range words {
		longer := strings.TrimSpace(line + " " + word)
		if line == "" || measure(longer, size, false) <= room {
			line = longer
			continue
		}
		if len(lines) == most-1 {
			line = strings.Join(append([]string{line}, words[i:]...), " ")
			break
		}
		lines, line = append(lines, fit(line, room, size, false)), word
	}
	return append(lines, fit(line, room, size, false))
}
