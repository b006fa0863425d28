package sqstest

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
)

// handle is what a receipt handle says: which message of which queue, as which
// receive gave it out.
type handle struct {
	queue   uint32
	message uint64
	receipt uint32
}

const handleBytes = 4 + 8 + 4 + 4

func (h handle) append(b []byte) []byte {
	var raw [handleBytes]byte
	binary.BigEndian.PutUint32(raw[0:], h.queue)
	binary.BigEndian.PutUint64(raw[4:], h.message)
	binary.BigEndian.PutUint32(raw[12:], h.receipt)
	binary.BigEndian.PutUint32(raw[16:], crc32.ChecksumIEEE(raw[:16]))
	return base64.StdEncoding.AppendEncode(b, raw[:])
}

// readHandle returns false for what no queue has given out.
func readHandle(text string) (h handle, ok bool) {
	if len(text) != base64.StdEncoding.EncodedLen(handleBytes) { // decoding would skip line ends
		return h, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != handleBytes || binary.BigEndian.Uint32(raw[16:]) != crc32.ChecksumIEEE(raw[:16]) {
		return h, false
	}
	h.queue = binary.BigEndian.Uint32(raw[0:])
	h.message = binary.BigEndian.Uint64(raw[4:])
	h.receipt = binary.BigEndian.Uint32(raw[12:])
	return h, true
}
