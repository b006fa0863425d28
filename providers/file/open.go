package file

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/ThreeDotsLabs/watermill/message"
)

// readFile sends the events of one file.
func (s *subscriber) readFile(ctx context.Context, path string, out chan<- *message.Message) error {
	r, closeFile, err := s.open(path)
	if err != nil {
		return err
	}
	defer closeFile()
	if path == stdin {
		// A read from a terminal or pipe cannot be interrupted; it is left
		// behind when the flow stops.
		r = &abandonable{ctx: ctx, r: r}
	}
	if s.config.Mode == whole {
		return s.readWhole(ctx, path, r, out)
	}
	return s.readLines(ctx, path, r, out)
}

func (s *subscriber) open(path string) (io.Reader, func() error, error) {
	f := os.Stdin
	if path != stdin {
		var err error
		if f, err = os.Open(path); err != nil {
			return nil, nil, err
		}
	}
	counted := &countingReader{f, &s.read}
	if !strings.HasSuffix(path, ".gz") {
		return counted, f.Close, nil
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(counted, 1<<16))
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: not gzip: %w", path, err)
	}
	return z, f.Close, nil
}

// countingReader counts for the progress that is shown.
type countingReader struct {
	r io.Reader
	n *atomic.Int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// abandonable ends with its context even while a read hangs.
type abandonable struct {
	ctx context.Context
	r   io.Reader
}

type readResult struct {
	b   []byte
	err error
}

func (a *abandonable) Read(b []byte) (int, error) {
	done := make(chan readResult, 1)
	own := make([]byte, len(b)) // b must not be written to after we return
	go func() {
		n, err := a.r.Read(own)
		done <- readResult{own[:n], err}
	}()
	select {
	case r := <-done:
		return copy(b, r.b), r.err
	case <-a.ctx.Done():
		return 0, context.Canceled
	}
}
