package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// showProgress keeps a line on the terminal up to date while a finite input is
// read. It shows nothing where standard error is no terminal.
func (flags *runFlags) showProgress(p func() *pipeline.Pipeline, t terminal) (stop func()) {
	if flags.quiet || !p().Finite() {
		return func() {}
	}
	return progressOn(t, func(took time.Duration) string { return progressLine(p(), took) })
}

// progressOn keeps a line up to date, if standard error is a terminal.
func progressOn(t terminal, line func(took time.Duration) string) (stop func()) {
	f, ok := t.err.(*os.File)
	if !ok || !isLive(f) {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		begun := time.Now()
		for {
			select {
			case <-done:
				fmt.Fprint(f, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprintf(f, "\r\x1b[K%s", line(time.Since(begun)))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func progressLine(p *pipeline.Pipeline, took time.Duration) string {
	s := p.Stats()
	line := fmt.Sprintf("read %s events, %s/s", grouped(s.Read), grouped(perSecond(s.Read, took)))
	if done, total := p.Progress(); total > 0 {
		line = fmt.Sprintf("%3d %%  %s", min(100, done*100/total), line)
	}
	if s.Held > 0 {
		line += fmt.Sprintf(", %s held", grouped(int64(s.Held)))
	}
	return line
}

func perSecond(n int64, took time.Duration) int64 {
	if took <= 0 {
		return 0
	}
	return int64(float64(n) / took.Seconds())
}
