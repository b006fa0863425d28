package cli

import (
	"io"
	"os"
)

// ink colours text on a terminal, and leaves it as it is elsewhere, or where the variable
// NO_COLOR is set.
type ink bool

func inkFor(w io.Writer) ink {
	f, ok := w.(*os.File)
	return ink(ok && isTerminal(f) && os.Getenv("NO_COLOR") == "")
}

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
