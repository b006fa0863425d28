package host

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/redact"
)

const (
	longestLine = 4 << 10 // what is longer is cut
	tailLines   = 20      // kept for the message about a crash
	linesPerSec = 50
	linesBurst  = 200
)

// output is what a plugin writes to standard error, and to standard output: it goes to
// the log, line by line and within a rate, and the last lines are kept.
type output struct {
	log   *slog.Logger
	hide  *strings.Replacer
	clock func() time.Time

	mu      sync.Mutex
	tail    []string
	tokens  float64
	at      time.Time
	skipped int
}

// newOutput hides the texts given.
func newOutput(log *slog.Logger, secrets []string) *output {
	return &output{log: log, hide: hiding(secrets), clock: time.Now, tokens: linesBurst, at: time.Now()}
}

// shortestSecret is how long a text must be to be hidden: what is shorter stands for
// itself in too many places.
const shortestSecret = 4

// hiding hides texts, each line of one as well, as output comes line by line. The longest
// come first: one may begin with another.
func hiding(secrets []string) *strings.Replacer {
	var hidden []string
	for _, s := range secrets {
		for line := range strings.Lines(s) {
			if line = strings.TrimSpace(line); len(line) >= shortestSecret {
				hidden = append(hidden, line)
			}
		}
	}
	slices.SortFunc(hidden, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range hidden {
		pairs = append(pairs, s, redact.Text)
	}
	return strings.NewReplacer(pairs...)
}

// read takes all that comes from r.
func (o *output) read(r io.Reader) {
	lines := bufio.NewReaderSize(r, longestLine)
	for {
		line, err := lines.ReadSlice('\n')
		text := strings.TrimRight(string(line), "\r\n")
		if errors.Is(err, bufio.ErrBufferFull) {
			text += " …"
			err = skipLine(lines)
		}
		if text != "" {
			o.add(text)
		}
		if err != nil {
			return
		}
	}
}

// skipLine passes over the rest of a line.
func skipLine(r *bufio.Reader) error {
	for {
		_, err := r.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (o *output) add(line string) {
	line = o.hide.Replace(strings.ToValidUTF8(line, "\uFFFD"))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, line)
	if len(o.tail) > tailLines {
		o.tail = o.tail[1:]
	}
	now := o.clock()
	o.tokens = min(linesBurst, o.tokens+now.Sub(o.at).Seconds()*linesPerSec)
	o.at = now
	if o.tokens < 1 {
		o.skipped++
		return
	}
	o.tokens--
	if o.skipped > 0 {
		o.log.Warn("the plugin writes more than is logged", "lines_left_out", o.skipped)
		o.skipped = 0
	}
	o.log.Info("plugin", "line", line)
}

// last returns the last lines, indented, or a text that says that there are none.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.tail) == 0 {
		return "it wrote nothing"
	}
	return "it wrote last:\n  " + strings.Join(o.tail, "\n  ")
}
