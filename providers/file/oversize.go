package file

import (
	"crypto/sha256"
	"hash"
)

// keepOversize is how much is kept of a line or file that is too long.
const keepOversize = 64 << 10

// oversize is what is remembered of a line or file that is too long. It is
// written to; a carriage return at the end is not part of a line.
type oversize struct {
	begun  []byte // its beginning
	length int64
	hash   hash.Hash
	cr     bool // the last byte was a carriage return, and is not counted yet
}

func newOversize() *oversize { return &oversize{hash: sha256.New()} }

// Write implements [io.Writer]; it never fails.
func (o *oversize) Write(p []byte) (int, error) {
	n := len(p)
	if n == 0 {
		return 0, nil
	}
	o.flush()
	if o.cr = p[n-1] == '\r'; o.cr {
		p = p[:n-1]
	}
	o.add(p)
	return n, nil
}

// flush counts a carriage return that turned out not to be the end.
func (o *oversize) flush() {
	if o.cr {
		o.cr = false
		o.add([]byte{'\r'})
	}
}

func (o *oversize) add(p []byte) {
	o.begun = append(o.begun, p[:min(len(p), keepOversize-len(o.begun))]...)
	o.length += int64(len(p))
	o.hash.Write(p)
}
