package http

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// read returns the whole body, decompressed, within the limit.
func (r *receiver) read(w http.ResponseWriter, q *http.Request) ([]byte, error) {
	limit := int64(r.config.MaxBody)
	sent := http.MaxBytesReader(w, q.Body, limit)
	switch encoding := strings.Join(q.Header.Values("Content-Encoding"), ", "); strings.ToLower(encoding) {
	case "", "identity":
		return r.readAll(sent, q.ContentLength)
	case "gzip":
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "want no Content-Encoding, or gzip")
	}
	unzipped, err := gzip.NewReader(sent)
	if err != nil {
		return nil, r.unreadable(err)
	}
	body, err := r.readAll(io.LimitReader(unzipped, limit+1), -1)
	if err == nil && int64(len(body)) > limit {
		err = r.tooLarge()
	}
	return body, err
}

// readAll reads a body whose size is known, or -1.
func (r *receiver) readAll(from io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	if size > 0 {
		b.Grow(int(size) + bytes.MinRead) // so that ReadFrom need not grow it once more
	}
	if _, err := b.ReadFrom(from); err != nil {
		return nil, r.unreadable(err)
	}
	if len(bytes.TrimSpace(b.Bytes())) == 0 {
		return nil, refuse(http.StatusBadRequest, "the body is empty")
	}
	return b.Bytes(), nil
}

func (r *receiver) unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return r.tooLarge()
	}
	return refuse(http.StatusBadRequest, "the body cannot be read")
}

func (r *receiver) tooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %s", r.config.MaxBody))
}
