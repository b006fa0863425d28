package cli

import (
	"io"
	"os"

	"github.com/leat-io/leat/internal/manual"
	"golang.org/x/term"
)

// style is how output is set: with bold words where it is a terminal and NO_COLOR is
// not set, plain otherwise.
func (t terminal) style() manual.Style {
	if isTerminal(t.out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		return manual.Colourful
	}
	return manual.Style{}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
