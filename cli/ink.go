package cli

import "io"

// ink colours text where colours can be seen, and leaves it as it is elsewhere.
type ink bool

func inkFor(w io.Writer) ink { return ink(isColourful(w)) }

func (i ink) paint(code, text string) string {
	if !i {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (i ink) good(text string) string { return i.paint("32", text) }
func (i ink) bad(text string) string  { return i.paint("31", text) }
func (i ink) bold(text string) string { return i.paint("1", text) }
func (i ink) dim(text string) string  { return i.paint("2", text) }
