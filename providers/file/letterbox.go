package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// LetterBox returns what reads dead letters back from the files of the sink.
func (c SinkConfig) LetterBox() pipeline.LetterBox { return letterBox{c} }

// letterBox are the files of a sink. What became of the letters stands in a file beside
// them, so that the files themselves are only ever appended to, by anybody, and may be
// moved away.
type letterBox struct{ config SinkConfig }

// Read implements [pipeline.LetterBox]. Files with a date come in the order of their
// names.
func (b letterBox) Read(ctx context.Context) iter.Seq2[*pipeline.Letter, error] {
	return func(yield func(*pipeline.Letter, error) bool) {
		marks, err := readMarks(b.marksPath())
		if err != nil {
			yield(nil, err)
			return
		}
		paths, err := b.paths()
		if err != nil {
			yield(nil, err)
			return
		}
		number := 0
		for _, path := range paths {
			if !b.readFile(ctx, path, &number, marks, yield) {
				return
			}
		}
	}
}

// paths are the files that there are.
func (b letterBox) paths() ([]string, error) {
	if !strings.Contains(b.config.Path, dateMark) {
		if _, err := os.Stat(b.config.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return []string{b.config.Path}, nil
	}
	parts := strings.Split(b.config.Path, dateMark)
	for i, p := range parts {
		parts[i] = escapeGlob.Replace(p)
	}
	paths, err := filepath.Glob(strings.Join(parts, "*"))
	return slices.DeleteFunc(paths, func(p string) bool {
		return strings.HasSuffix(p, marksSuffix) || strings.HasSuffix(p, tornSuffix)
	}), err
}

var escapeGlob = strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`, `\`, `\\`)

// readFile yields the letters of one file, and false when no more are wanted.
func (b letterBox) readFile(ctx context.Context, path string, number *int, marks map[string]pipeline.LetterStatus, yield func(*pipeline.Letter, error) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(nil, err)
	}
	defer f.Close()
	lines := newLetterLines(f, maxLetter)
	for n := 1; ; n++ {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && !errors.Is(err, errHugeLine) {
			yield(nil, fmt.Errorf("read %s: %w", path, err))
			return false
		}
		*number++
		l := &pipeline.Letter{Number: *number, Place: fmt.Sprintf("%s:%d", path, n)}
		if err == nil && len(line) == 0 {
			continue
		}
		if err == nil {
			err = b.parse(line, l)
		}
		l.Status = marks[l.Mark]
		if !yield(l, err) {
			return false
		}
	}
}

// parse reads a line. A letter goes by its bytes, wherever they stand.
func (b letterBox) parse(line []byte, l *pipeline.Letter) error {
	sum := sha256.Sum256(line)
	l.Mark = hex.EncodeToString(sum[:16])
	d, err := pipeline.ReadDeadLetter(b.content(line))
	if err == nil {
		l.DeadLetter = *d
	}
	return err
}

// content takes a letter out of its envelope.
func (b letterBox) content(line []byte) []byte {
	var envelope struct {
		Body json.RawMessage `json:"body"`
	}
	if b.config.Format == pipeline.FormatEnvelope && json.Unmarshal(line, &envelope) == nil && len(envelope.Body) > 0 {
		return envelope.Body
	}
	return line
}
