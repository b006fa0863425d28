package cli

import (
	"io"
	"os"

	"github.com/leat-io/leat/internal/manual"
	"github.com/leat-io/leat/pipeline"
	"golang.org/x/term"
)

// style is how output is set: with bold words where it is a terminal and NO_COLOR is
// not set, plain otherwise.
func (t terminal) style() manual.Style {
	if isColourful(t.out) {
		return manual.Colourful
	}
	return manual.Style{}
}

// printReport prints what is wrong with a file, with colours where they can be seen.
func printReport(w io.Writer, r *pipeline.Report) {
	if isColourful(w) {
		r.PrintColoured(w)
		return
	}
	r.Print(w)
}

func isColourful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// isLive reports whether a line that was written can be written over.
func isLive(w io.Writer) bool { return isTerminal(w) && os.Getenv("TERM") != "dumb" }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
