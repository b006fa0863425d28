package pipeline

import (
	"encoding/binary"
	"time"
)

// fieldReader takes fields off the front of b.
type fieldReader struct {
	b      []byte
	broken bool
}

func (r *fieldReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.b, r.broken = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *fieldReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.b, r.broken = nil, true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *fieldReader) byte() byte {
	if len(r.b) == 0 {
		r.broken = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *fieldReader) field() []byte {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.b, r.broken = nil, true
		return nil
	}
	field := r.b[:n:n]
	r.b = r.b[n:]
	return field
}

func (r *fieldReader) text() string { return string(r.field()) }

func (r *fieldReader) texts() (list []string) {
	n := r.uvarint()
	if n > uint64(len(r.b)) || n%2 != 0 {
		r.broken = true
		return nil
	}
	for range n {
		list = append(list, r.text())
	}
	return list
}

func (r *fieldReader) time() time.Time {
	if r.byte() == 0 {
		return time.Time{}
	}
	seconds, nanos, offset := r.varint(), r.uvarint(), r.varint()
	if nanos >= 1e9 || offset != int64(int32(offset)) {
		r.broken = true
		return time.Time{}
	}
	t := time.Unix(seconds, int64(nanos)).UTC()
	if offset != 0 {
		t = t.In(time.FixedZone("", int(offset)))
	}
	return t
}
