package spool

import (
	"bytes"
	"hash/crc32"
	"io"
)

// scanner reads the records of a segment one after another. Where bytes are
// damaged it goes on at the next record that can be read.
type scanner struct {
	file io.ReaderAt
	seed uint32
	off  int64 // where the next record should begin
	lost func(from, to int64)

	buf   []byte // what was read of the file last
	bufAt int64
}

const readAhead = 256 << 10

func newScanner(f io.ReaderAt, h header, lost func(from, to int64)) *scanner {
	return &scanner{file: f, seed: h.seed(), off: headerSize, lost: lost}
}

// next returns the next record that ends at limit or before, or false if there
// is none. The data is valid until the next call. lost is called with what is
// passed over, at the end of the file too.
func (s *scanner) next(limit int64) (h head, data []byte, ok bool, err error) {
	damagedFrom := int64(-1)
	damaged := func() {
		if damagedFrom >= 0 {
			s.lost(damagedFrom, s.off)
		}
	}
	for s.off < limit {
		h, ok, err = s.head(limit)
		if err != nil {
			return h, nil, false, err
		}
		if ok {
			if data, err = s.window(s.off+headSize, int64(h.length), limit); err != nil {
				return h, nil, false, err
			}
			ok = crc32.Update(s.seed, castagnoli, data) == h.sum
		}
		if ok {
			damaged()
			s.off += h.size()
			return h, data, true, nil
		}
		if damagedFrom < 0 {
			damagedFrom = s.off
		}
		if err := s.skip(h, limit); err != nil {
			return h, nil, false, err
		}
	}
	damaged()
	return head{}, nil, false, nil
}

// head returns the head at off, or false if there is none that could be right.
func (s *scanner) head(limit int64) (head, bool, error) {
	b, err := s.window(s.off, min(headSize, limit-s.off), limit)
	if err != nil {
		return head{}, false, err
	}
	h, ok := decodeHead(b, s.seed)
	if !ok || s.off+h.size() > limit {
		return head{}, false, nil
	}
	return h, true, nil
}

// skip moves on to where the next record may begin: behind a record whose head
// is right, or to the next marker.
func (s *scanner) skip(h head, limit int64) error {
	if h.kind != 0 {
		s.off += h.size()
		return nil
	}
	for s.off++; s.off < limit; {
		b, err := s.window(s.off, min(readAhead, limit-s.off), limit)
		if err != nil {
			return err
		}
		if i := bytes.Index(b, []byte(marker)); i >= 0 {
			s.off += int64(i)
			return nil
		}
		s.off += max(1, int64(len(b))-int64(len(marker))+1)
	}
	s.off = limit
	return nil
}

// window returns n bytes of the file from at on, which end at limit or before.
func (s *scanner) window(at, n, limit int64) ([]byte, error) {
	if at < s.bufAt || at+n > s.bufAt+int64(len(s.buf)) {
		size := min(max(n, readAhead), limit-at)
		if int64(cap(s.buf)) < size || cap(s.buf) > 4*readAhead && size <= readAhead {
			s.buf = make([]byte, size)
		}
		s.buf, s.bufAt = s.buf[:size], at
		if read, err := s.file.ReadAt(s.buf, at); err != nil && int64(read) < size {
			s.buf = s.buf[:0]
			return nil, err
		}
	}
	from := at - s.bufAt
	return s.buf[from : from+n : from+n], nil
}
