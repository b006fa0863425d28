package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"time"
)

// A file begins with two copies of its header, so that one damaged byte does not
// cost the file. All numbers are little endian.
//
//	0   8  "leatspl\n"
//	8   4  version of the format
//	12  4  what kind of file it is
//	16  8  the number of the first record, in a segment
//	24  8  salt
//	32  8  when the file was begun, in nanoseconds since 1970
//	40  8  the number behind the last durable record before a segment, 0: unknown
//	48  12 zero
//	60  4  checksum (CRC-32C) of the 60 bytes before
//
// The salt goes into every checksum of the file. So neither the payload of a
// record, which somebody may have made to look like one, nor the remains of
// another file can pass for a record of this one.
//
// What a segment says of those before it shows which records a damaged file, or one
// that is gone, has lost: numbers may also be missing because a write failed. The
// file of the marks says from which number on it knows what is settled.
const (
	formatVersion = 1
	headerCopy    = 64
	headerSize    = 2 * headerCopy
	fileMagic     = "leatspl\n"

	kindSegment = 1
	kindSettled = 2
)

// header is what a file says about itself.
type header struct {
	kind    uint32
	first   uint64
	salt    uint64
	created time.Time
	before  uint64
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errHeader = errors.New("the beginning of the file is damaged")
)

func newHeader(kind uint32, first uint64, now time.Time) header {
	return header{kind: kind, first: first, salt: rand.Uint64(), created: now}
}

func (h header) encode() []byte {
	b := make([]byte, headerCopy, headerSize)
	copy(b, fileMagic)
	le := binary.LittleEndian
	le.PutUint32(b[8:], formatVersion)
	le.PutUint32(b[12:], h.kind)
	le.PutUint64(b[16:], h.first)
	le.PutUint64(b[24:], h.salt)
	le.PutUint64(b[32:], uint64(h.created.UnixNano()))
	le.PutUint64(b[40:], h.before)
	le.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return append(b, b...)
}

// decodeHeader reads a header from its copies. The error is errHeader when none
// of them can be read.
func decodeHeader(b []byte, kind uint32) (header, error) {
	for ; len(b) >= headerCopy; b = b[headerCopy:] {
		le, c := binary.LittleEndian, b[:headerCopy]
		if string(c[:8]) != fileMagic || le.Uint32(c[60:]) != crc32.Checksum(c[:60], castagnoli) {
			continue
		}
		if v := le.Uint32(c[8:]); v != formatVersion {
			return header{}, fmt.Errorf("it was written in version %d of the format, and this leat knows version %d: use a newer leat, or settle the records with the one that wrote them", v, formatVersion)
		}
		if le.Uint32(c[12:]) != kind {
			continue
		}
		return header{kind, le.Uint64(c[16:]), le.Uint64(c[24:]), time.Unix(0, int64(le.Uint64(c[32:]))), le.Uint64(c[40:])}, nil
	}
	return header{}, errHeader
}

func readHeader(f *os.File, kind uint32) (header, error) {
	b := make([]byte, headerSize)
	n, err := f.ReadAt(b, 0)
	if n == 0 && err != nil && !isEOF(err) {
		return header{}, err
	}
	return decodeHeader(b[:n], kind)
}

// seed begins the checksums of a file.
func (h header) seed() uint32 {
	return crc32.Checksum(binary.LittleEndian.AppendUint64(nil, h.salt), castagnoli)
}
