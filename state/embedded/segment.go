package embedded

import (
	"encoding/binary"
	"time"
)

// segment is one bucket of records that expire by the same time.
type segment struct {
	end    int64 // Unix seconds; until then every record in it is remembered
	filter filter
}

// segmentEnd returns the segment of a record that is to be remembered for ttl:
// the first end after that. Ends are an eighth of ttl apart, so a record
// outlives its ttl by that, or by a minute, at most.
func segmentEnd(now time.Time, ttl time.Duration) int64 {
	step := int64(max(ttl/8, time.Minute) / time.Second)
	end := now.Add(ttl).Unix()
	return (end/step + 1) * step
}

func (s *segment) expired(now time.Time) bool { return now.Unix() >= s.end }

// name is the key of the segment's bucket.
func segmentName(end int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(end))
}

func segmentOf(name []byte) int64 { return int64(binary.BigEndian.Uint64(name)) }
