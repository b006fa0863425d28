package embedded

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// record is one entry on its way to the file.
type record struct {
	table *table
	end   int64 // the segment, see [segmentEnd]
	key   pipeline.Digest
	value []byte
}

// inFileOrder sorts records by segment and in it by key.
func inFileOrder(a, b record) int {
	return cmp.Or(
		cmp.Compare(a.table.bucket, b.table.bucket),
		cmp.Compare(a.end, b.end),
		bytes.Compare(a.key[:], b.key[:]),
	)
}

// The values of the file begin with the run that wrote them. An event's outcome
// or a key's time in Unix nanoseconds follows.
const (
	claimSize = 4 + 1
	timeSize  = 4 + 8
)

func claimValue(run uint32, o pipeline.Outcome) []byte {
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, claimSize), run), byte(o))
}

func timeValue(run uint32, at time.Time) []byte {
	value := binary.BigEndian.AppendUint32(make([]byte, 0, timeSize), run)
	return binary.BigEndian.AppendUint64(value, uint64(nanos(at)))
}

func runOf(value []byte) uint32 { return binary.BigEndian.Uint32(value) }

func timeOf(value []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(value[4:]))).UTC()
}

// nanos keeps times that 64 bits of nanoseconds cannot hold, before 1678 and
// after 2261, at the end they are beyond.
func nanos(at time.Time) int64 {
	switch year := at.Year(); {
	case year < 1678:
		return math.MinInt64
	case year > 2261:
		return math.MaxInt64
	}
	return at.UnixNano()
}
