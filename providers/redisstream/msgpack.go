package redisstream

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
)

// Watermill's publisher keeps metadata in a field as MessagePack. Of that format a map
// of texts is all there is to read and to write.

var errMap = errors.New("not a map of texts in MessagePack")

// The first bytes of maps and texts in MessagePack. The short forms have the length in
// their low bits.
const (
	packShortMap  = 0x80
	packMap16     = 0xde
	packMap32     = 0xdf
	packShortText = 0xa0
	packText8     = 0xd9
	packText16    = 0xda
	packText32    = 0xdb
	packBin8      = 0xc4
	packBin16     = 0xc5
	packBin32     = 0xc6
)

// readMap reads a map and nothing behind it.
func readMap(b []byte) (map[string]string, error) {
	n, b, err := readHead(b, packShortMap, 4, 0, packMap16, packMap32)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string, min(n, len(b)/2))
	for range n {
		var key, value string
		if key, b, err = readText(b); err != nil {
			return nil, err
		}
		if value, b, err = readText(b); err != nil {
			return nil, err
		}
		m[key] = value
	}
	if len(b) > 0 {
		return nil, errMap
	}
	return m, nil
}

func readText(b []byte) (string, []byte, error) {
	n, rest, err := readHead(b, packShortText, 5, packText8, packText16, packText32)
	if err != nil {
		n, rest, err = readHead(b, 0, 0, packBin8, packBin16, packBin32)
	}
	if err != nil || n > len(rest) {
		return "", nil, errMap
	}
	return string(rest[:n]), rest[n:], nil
}

// readHead reads a length in one of its forms: in the low bits of the first byte, or in
// 1, 2 or 4 bytes behind it.
func readHead(b []byte, short byte, bits int, with8, with16, with32 byte) (n int, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, errMap
	}
	first, b := b[0], b[1:]
	switch {
	case bits > 0 && first>>bits == short>>bits:
		return int(first & (1<<bits - 1)), b, nil
	case with8 != 0 && first == with8 && len(b) >= 1:
		return int(b[0]), b[1:], nil
	case first == with16 && len(b) >= 2:
		return int(binary.BigEndian.Uint16(b)), b[2:], nil
	case first == with32 && len(b) >= 4:
		return int(binary.BigEndian.Uint32(b)), b[4:], nil
	}
	return 0, nil, errMap
}

// appendMap writes a map by the order of its keys.
func appendMap(b []byte, m map[string]string) []byte {
	b = appendHead(b, len(m), packShortMap, 4, 0, packMap16, packMap32)
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b = appendText(appendText(b, key), m[key])
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, len(s), packShortText, 5, packText8, packText16, packText32), s...)
}

func appendHead(b []byte, n int, short byte, bits int, with8, with16, with32 byte) []byte {
	switch {
	case n < 1<<bits:
		return append(b, short|byte(n))
	case with8 != 0 && n <= math.MaxUint8:
		return append(b, with8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, with16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, with32), uint32(n))
}
