package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode"

	"github.com/leat-io/leat/internal/snssig"
)

// messages yields the JSON values of a file, which may stand on a line each or
// just one after another, or an error, which is the last.
func messages(in io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		limit := &limited{in: in}
		values := json.NewDecoder(limit)
		for {
			var raw json.RawMessage
			limit.left = snssig.MaxSize
			err := values.Decode(&raw)
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				raw = bytes.TrimSpace(raw)
			}
			if !yield(raw, err) || err != nil {
				return
			}
		}
	}
}

// limited is a reader that does not let one message fill the memory.
type limited struct {
	in   io.Reader
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("it is larger than %d bytes, more than an SNS message can be", snssig.MaxSize)
	}
	n, err := l.in.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// printable replaces what would upset a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
