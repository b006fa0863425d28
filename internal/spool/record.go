package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"time"
)

// A record is a head and its data. The head has a checksum of its own: when only
// the data is damaged, its length can be believed and the next record is found.
//
//	0   3  marker
//	3   1  what kind of record it is
//	4   4  checksum of the head without these four bytes
//	8   4  checksum of the data
//	12  4  length of the data
//	16  8  number
//	24  8  when it was appended, in nanoseconds since 1970
//
// The last record of a segment that is complete is a seal. It has no data; its
// number is the one behind the last record, its time says whether numbers before
// it may be missing because they were settled.
const (
	headSize = 32
	marker   = "\xf5sp" // 0xf5 is in no UTF-8 text

	kindData = 1
	kindSeal = 2

	sealWhole  = 0
	sealSparse = 1
)

// head is the head of a record.
type head struct {
	kind   byte
	sum    uint32
	length uint32
	number uint64
	time   int64
}

func (h head) size() int64 { return headSize + int64(h.length) }

func (h head) at() time.Time { return time.Unix(0, h.time) }

// appendRecord adds a record to b.
func appendRecord(b []byte, seed uint32, number uint64, at int64, data []byte) []byte {
	h := head{kind: kindData, sum: crc32.Update(seed, castagnoli, data), length: uint32(len(data)), number: number, time: at}
	return append(h.append(b, seed), data...)
}

// appendSeal adds the seal of a segment whose records are numbered below end.
func appendSeal(b []byte, seed uint32, end uint64, flags int64) []byte {
	return head{kind: kindSeal, sum: seed, number: end, time: flags}.append(b, seed)
}

func (h head) append(b []byte, seed uint32) []byte {
	at := len(b)
	b = append(b, marker...)
	b = append(b, h.kind, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, h.sum)
	b = binary.LittleEndian.AppendUint32(b, h.length)
	b = binary.LittleEndian.AppendUint64(b, h.number)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.time))
	binary.LittleEndian.PutUint32(b[at+4:], sumOfHead(b[at:], seed))
	return b
}

func sumOfHead(b []byte, seed uint32) uint32 {
	return crc32.Update(crc32.Update(seed, castagnoli, b[:4]), castagnoli, b[8:headSize])
}

// decodeHead returns false unless b begins with a head.
func decodeHead(b []byte, seed uint32) (head, bool) {
	if len(b) < headSize || string(b[:3]) != marker || binary.LittleEndian.Uint32(b[4:]) != sumOfHead(b, seed) {
		return head{}, false
	}
	h := head{
		kind: b[3], sum: binary.LittleEndian.Uint32(b[8:]), length: binary.LittleEndian.Uint32(b[12:]),
		number: binary.LittleEndian.Uint64(b[16:]), time: int64(binary.LittleEndian.Uint64(b[24:])),
	}
	ok := h.number > 0 && h.number <= maxNumber && h.length <= MaxRecord && (h.kind == kindData || h.kind == kindSeal && h.length == 0)
	return h, ok
}

// maxNumber is far beyond what can be reached, and far from where sums overflow.
const maxNumber = 1 << 62

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
