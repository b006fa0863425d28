package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/leat-io/leat/live"
)

// reloads has the files read again with each of hangups, and when they change, until stop is called.
func (flags *runFlags) reloads(ctx context.Context, hangups <-chan os.Signal, r *live.Runner, t terminal) (stop func()) {
	if isTerminal(t.err) { // elsewhere it stands in the log
		r.Report(func(s live.Status, err error) { printReload(t, s, err) })
	}
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	working.Go(func() { reloadOn(ctx, hangups, r, t, isTerminal(t.err)) })
	if flags.watch {
		working.Go(func() { r.Watch(ctx) })
	}
	return func() {
		cancel()
		working.Wait()
	}
}

// reloadOn reloads with every signal. When the terminal was closed that the command runs
// in, the signal means the end.
func reloadOn(ctx context.Context, hangups <-chan os.Signal, r *live.Runner, t terminal, inTerminal bool) {
	for {
		select {
		case <-hangups:
		case <-ctx.Done():
			return
		}
		if inTerminal && !isTerminal(t.err) {
			interrupt()
			return
		}
		_, _ = r.Reload(ctx) // it reports what came of it
	}
}

// interrupt stops the command as Ctrl-C does.
func interrupt() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Signal(os.Interrupt)
	}
}

// printReload says what came of a reload, in a terminal.
func printReload(t terminal, s live.Status, err error) {
	fmt.Fprint(t.err, "\r\x1b[K")
	if err != nil {
		fmt.Fprintf(t.err, "reload %s: %v\n", s.Last.Result, err)
		return
	}
	fmt.Fprintln(t.err, reloadLine(s))
}

// reloadLine is one line, such as "reloaded: replaced parcels; 3 flows go on as before".
func reloadLine(s live.Status) string {
	c := s.Last.Change
	var did []string
	for _, part := range []struct {
		what  string
		names []string
	}{{"replaced", c.Replaced}, {"added", c.Added}, {"removed", c.Removed}} {
		if len(part.names) > 0 {
			did = append(did, part.what+" "+strings.Join(part.names, ", "))
		}
	}
	switch n := len(c.Kept); {
	case len(did) == 0:
		did = append(did, "no flow has changed")
	case n == 1:
		did = append(did, "1 flow goes on as before")
	case n > 1:
		did = append(did, fmt.Sprintf("%d flows go on as before", n))
	}
	return "reloaded: " + strings.Join(did, "; ")
}
