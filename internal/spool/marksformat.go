package spool

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
)

// markSize is the size of one mark. Behind the header of the file is a list of them,
// which are spans of numbers:
//
//	0   8  the first number
//	8   8  the last number
//	16  4  checksum
const markSize = 20

// readMarks returns what the file says, without the entries that are damaged,
// whose number it returns too. What is not said is not settled: then records
// come again, and none is lost.
func readMarks(path string) (settled ranges, h header, size int64, damaged int, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return settled, h, 0, 0, nil
	}
	if err != nil {
		return settled, h, 0, 0, err
	}
	size = int64(len(b))
	h, err = decodeHeader(b, kindSettled)
	if errors.Is(err, errHeader) {
		return settled, h, size, 1 + len(b)/markSize, nil
	}
	if err != nil {
		return settled, h, size, 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	spans, damaged := decodeMarks(b[min(len(b), headerSize):], h.seed())
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	for _, s := range spans {
		settled.add(s)
	}
	return settled, h, size, damaged, nil
}

func decodeMarks(b []byte, seed uint32) (spans []span, damaged int) {
	for ; len(b) >= markSize; b = b[markSize:] {
		s := span{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
		if binary.LittleEndian.Uint32(b[16:]) != crc32.Update(seed, castagnoli, b[:16]) ||
			s.first == 0 || s.first > s.last || s.last > maxNumber {
			damaged++
			continue
		}
		spans = append(spans, s)
	}
	if len(b) > 0 {
		damaged++
	}
	return spans, damaged
}

// encodeMarks joins spans that follow one another.
func encodeMarks(b []byte, seed uint32, spans []span) []byte {
	for i := 0; i < len(spans); {
		s := spans[i]
		for i++; i < len(spans) && spans[i].first == s.last+1; i++ {
			s.last = spans[i].last
		}
		at := len(b)
		b = binary.LittleEndian.AppendUint64(b, s.first)
		b = binary.LittleEndian.AppendUint64(b, s.last)
		b = binary.LittleEndian.AppendUint32(b, crc32.Update(seed, castagnoli, b[at:]))
	}
	return b
}
