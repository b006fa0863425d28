package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ThreeDotsLabs/watermill/message"
)

// blockSize is how much is read at once; the lines of a block travel as one
// message.
const blockSize = 64 << 10

// lineReader cuts a file into blocks of whole lines.
type lineReader struct {
	r    io.Reader
	path string
	max  int
	buf  []byte // what is read into; events have copies of their lines
	rest []byte // the beginning of a line whose end has not been read; part of buf
	at   place  // of rest
}

// place is where a line is.
type place struct{ line, offset int64 }

// readLines sends the lines of a file, block by block.
func (s *subscriber) readLines(ctx context.Context, path string, r io.Reader, out chan<- *message.Message) error {
	lr := &lineReader{r: r, path: path, max: int(s.config.MaxSize), at: place{line: 1}}
	for {
		b := newBlock(path, s.clock.Now())
		err := lr.fill(b)
		if len(b.lines) > 0 && !send(ctx, b.message(ctx), out) {
			return context.Canceled
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", path, lr.at.line, err)
		}
	}
}

func send(ctx context.Context, m *message.Message, out chan<- *message.Message) bool {
	select {
	case out <- m:
		return true
	case <-ctx.Done():
		return false
	}
}

// fill reads until b has at least one line. io.EOF comes with the last lines.
func (lr *lineReader) fill(b *block) error {
	if cap(lr.buf) < max(blockSize, 2*len(lr.rest)) {
		lr.buf = make([]byte, 0, max(blockSize, 2*len(lr.rest)))
	}
	buf := append(lr.buf[:0], lr.rest...)
	searched := 0
	for {
		n, err := lr.r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end := searched + bytes.LastIndexByte(buf[searched:], '\n') + 1
		switch {
		case err == io.EOF:
			lr.cut(b, buf)
			return io.EOF
		case end > searched: // these are whole, whatever became of the rest
			lr.cut(b, buf[:end])
			lr.rest = buf[end:len(buf):len(buf)]
			return err
		case err != nil:
			return err
		case len(buf) > lr.max+1: // a carriage return at the end would not count
			return lr.skip(b, buf)
		case len(buf) == cap(buf):
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
			lr.buf = buf
		}
		searched = len(buf)
	}
}

// cut adds the lines of text to b.
func (lr *lineReader) cut(b *block, text []byte) {
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		content := bytes.TrimSuffix(line, []byte{'\r'})
		switch {
		case len(content) > lr.max:
			long := newOversize()
			long.add(content)
			b.addOversize(lr.at, long, lr.max)
		case len(bytes.TrimSpace(content)) > 0:
			b.add(lr.at, bytes.Clone(content))
		}
		lr.at.line++
		lr.at.offset += int64(len(text) - len(rest))
		text = rest
	}
	lr.rest = nil
}

// skip reads to the end of a line that is too long.
func (lr *lineReader) skip(b *block, begun []byte) error {
	long := newOversize()
	long.Write(begun)
	raw := int64(len(begun))
	buf := make([]byte, blockSize)
	for {
		n, err := lr.r.Read(buf)
		part, rest, found := bytes.Cut(buf[:n], []byte{'\n'})
		long.Write(part)
		raw += int64(len(part))
		switch {
		case found || err == io.EOF:
			b.addOversize(lr.at, long, lr.max)
			lr.at.line++
			lr.at.offset += raw + 1
			lr.rest = append([]byte(nil), rest...)
			if found && err == io.EOF {
				return nil // more may follow the line
			}
			return err
		case err != nil:
			return err
		}
	}
}
