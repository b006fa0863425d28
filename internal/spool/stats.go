package spool

import "time"

// Stats is what is in a spool.
type Stats struct {
	// Waiting is how many records are not settled.
	Waiting uint64
	// Bytes is the size of the files.
	Bytes int64
	// Oldest is when the oldest record that is not settled was appended, zero if
	// there is none. Before that record was given out, it may say when its file
	// was begun.
	Oldest time.Time
	// Lost is how many records turned out to be damaged, as far as they can be
	// counted, and Damaged the first hundred places where that was.
	Lost    uint64
	Damaged []Damage
}

// Damage is a part of a file that could not be read.
type Damage struct {
	// File is the file, Offset and Bytes the part of it.
	File          string
	Offset, Bytes int64
	// Tail: it is the end of a file, as a crash in the middle of a write leaves
	// it. What such a write was about had not been reported as durable.
	Tail bool
	// Aside is the file that the part was copied to, "" if that failed.
	Aside string
}

const maxDamages = 100

// Stats may be called at any time, also after Close.
func (s *Spool) Stats() Stats {
	marks := s.marks.bytes()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Waiting: s.next - s.segments[0].first - s.settled.total,
		Bytes:   s.bytes + marks, Oldest: s.oldest(),
		Lost: s.lost, Damaged: append([]Damage(nil), s.damage...),
	}
}

// Room is how many bytes still fit. Each record takes up its size and
// [Overhead].
func (s *Spool) Room() int64 {
	if s.o.MaxBytes <= 0 {
		return 1 << 62
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.o.MaxBytes-s.bytes-s.reserved)
}

// Overhead is what a record takes up besides its own size.
const Overhead = headSize

func (s *Spool) oldest() time.Time {
	number := s.settled.firstMissing(s.segments[0].first)
	if number >= s.next {
		return time.Time{}
	}
	if g, ok := s.given[number]; ok {
		return g.at
	}
	return s.segmentOf(number).created
}

// segmentOf returns the segment that a number of a record belongs to.
func (s *Spool) segmentOf(number uint64) *segment {
	lo, hi := 0, len(s.segments)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.segments[mid].first <= number {
			lo = mid
		} else {
			hi = mid
		}
	}
	return s.segments[lo]
}
