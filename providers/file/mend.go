package file

import (
	"bytes"
	"io"
	"log/slog"
	"os"

	"github.com/leat-io/leat/internal/rawjson"
)

// mendEnd makes sure that the file ends with a whole line. A line without a
// break was never reported as written, so its event comes again: a torn one is
// moved aside to PATH.torn, one that is whole only gets its break.
func mendEnd(f *os.File, path string, size int64, log *slog.Logger) error {
	tail, err := lastLine(f, size)
	if err != nil || len(tail) == 0 {
		return err
	}
	if isWhole(tail) {
		_, err := f.Write([]byte{'\n'})
		return err
	}
	if err := keepTorn(path, tail); err != nil {
		return err
	}
	log.Warn("the last line was torn, as after a kill; it is moved aside, its event comes again", "path", path, "to", path+tornSuffix, "bytes", len(tail))
	return f.Truncate(size - int64(len(tail)))
}

// isWhole reports whether nothing can be missing behind the text: it is JSON,
// and not a number, whose beginning is one too.
func isWhole(text []byte) bool {
	return rawjson.Check(text, 10_000) == nil && rawjson.KindOf(bytes.TrimSpace(text)) != rawjson.Number
}

const tornSuffix = ".torn"

// lastLine returns what follows the last line break.
func lastLine(f *os.File, size int64) ([]byte, error) {
	var tail []byte
	for end := size; end > 0; {
		n := min(end, 64<<10)
		part := make([]byte, n)
		if _, err := f.ReadAt(part, end-n); err != nil && err != io.EOF {
			return nil, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return append(part[i+1:], tail...), nil
		}
		tail = append(part, tail...)
		end -= n
	}
	return tail, nil
}

func keepTorn(path string, tail []byte) error {
	t, err := os.OpenFile(path+tornSuffix, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if _, err := t.Write(append(tail, '\n')); err != nil {
		t.Close()
		return err
	}
	return t.Close()
}
