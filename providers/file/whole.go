package file

import (
	"context"
	"fmt"
	"io"

	"github.com/ThreeDotsLabs/watermill/message"
)

// readWhole sends a file as one event.
func (s *subscriber) readWhole(ctx context.Context, path string, r io.Reader, out chan<- *message.Message) error {
	limit := int64(s.config.MaxSize)
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	b := newBlock(path, s.clock.Now())
	if int64(len(content)) <= limit {
		b.add(place{line: 1}, content)
	} else if err := s.addRest(b, content, r); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if !send(ctx, b.message(ctx), out) {
		return context.Canceled
	}
	return nil
}

// addRest adds a file that is too large, having read it to its end.
func (s *subscriber) addRest(b *block, begun []byte, r io.Reader) error {
	long := newOversize()
	long.Write(begun)
	if _, err := io.Copy(long, r); err != nil {
		return err
	}
	long.flush()
	b.addOversize(place{line: 1}, long, int(s.config.MaxSize))
	return nil
}
