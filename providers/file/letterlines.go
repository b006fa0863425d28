package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/leat-io/leat/internal/conf"
)

// maxLetter is how long the line of a dead letter may be. The largest payload that a
// source takes by default is a MiB, which a letter may hold twice and escaped.
const maxLetter = 64 << 20

// errHugeLine is a line that is not kept in memory.
var errHugeLine = errors.New("huge line")

// letterLines reads lines, of which none, however long, fills the memory.
type letterLines struct {
	r    *bufio.Reader
	most int
	line []byte
}

func newLetterLines(r io.Reader, most int) *letterLines {
	return &letterLines{r: bufio.NewReaderSize(r, blockSize), most: most}
}

// next returns the next line without its break and the spaces around it, valid until the
// next call; io.EOF after the last; or an errHugeLine, after which the others follow.
func (l *letterLines) next() ([]byte, error) {
	l.line = l.line[:0]
	for length := 0; ; {
		part, err := l.r.ReadSlice('\n')
		if length += len(part); length <= l.most {
			l.line = append(l.line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || length == 0):
			return nil, err
		case length > l.most:
			return nil, fmt.Errorf("is longer than %s: no dead letter is (%w of %d bytes)", conf.Size(l.most), errHugeLine, length)
		}
		return bytes.TrimSpace(l.line), nil
	}
}
