package snshttp

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/leat-io/leat/internal/snssig"
)

// maxBody is more than a message of 256 KiB can have, see [snssig.MaxSize]. There is
// no setting for it, since one that is too small would have SNS throw messages away.
const maxBody = snssig.MaxSize

// firstRead is how much memory a request gets before any of its body is here.
const firstRead = 64 << 10

// read returns the whole body. One that breaks off may be whole another time.
func read(w http.ResponseWriter, q *http.Request) ([]byte, *refusal) {
	var b bytes.Buffer
	b.Grow(int(max(0, min(q.ContentLength, firstRead))) + bytes.MinRead)
	_, err := b.ReadFrom(http.MaxBytesReader(w, q.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, oversized.because(nil)
	case err != nil:
		return nil, unread.because(err)
	}
	return b.Bytes(), nil
}
