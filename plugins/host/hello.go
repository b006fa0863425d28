package host

import (
	"bufio"
	"errors"
	"io"
)

// longestHello is how long the first line of a plugin's standard output may be; a
// certificate takes about 800 bytes of it.
const longestHello = 16 << 10

// firstLine passes the first line of a plugin's standard output on, and the rest to its
// output: who prints something by accident finds it in the log.
func firstLine(from io.Reader, to *io.PipeWriter, rest *output) {
	buffered := bufio.NewReaderSize(from, longestHello)
	line, err := buffered.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		_ = to.CloseWithError(errors.New("the first line of its standard output is too long"))
	} else {
		_, _ = to.Write(line)
		_ = to.Close()
	}
	rest.read(buffered)
}
