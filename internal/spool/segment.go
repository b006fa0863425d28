package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// segment is one file of records. Its fields are guarded by the spool's lock, but
// for path, first and created, which do not change.
type segment struct {
	path    string
	first   uint64
	created time.Time

	header header
	end    uint64 // the number behind its last record
	size   int64  // how far it may be read: what lies behind is not durable
	sealed bool   // nothing more is written to it
	sparse bool   // records that are settled may be missing
	passed bool   // the reader is through with it
	live   int64  // bytes of its records that were given out and are not settled
	stuck  bool   // it could not be made smaller
	keep   bool   // it holds damaged bytes that could not be set aside
}

const segmentSuffix = ".seg"

var segmentName = regexp.MustCompile(`^[0-9a-f]{16}\.seg$`)

func (s *Spool) pathOf(first uint64) string {
	return filepath.Join(s.folder, fmt.Sprintf("%016x%s", first, segmentSuffix))
}

// numberIn returns the number that the name of a segment says.
func numberIn(name string) (uint64, bool) {
	if !segmentName.MatchString(name) {
		return 0, false
	}
	n, err := strconv.ParseUint(name[:16], 16, 64)
	return n, err == nil && n > 0 && n <= maxNumber
}

// beginSegment begins the file that is written to from now on. It is in its
// folder for good when this returns without an error.
func (s *Spool) beginSegment(first, before uint64) (*segment, *os.File, error) {
	h := newHeader(kindSegment, first, s.o.Now())
	h.before = before
	path := s.pathOf(first)
	f, err := s.disk.replaceFile(path, func(f *os.File) error { return s.disk.write(f, h.encode(), 0) })
	if err != nil {
		return nil, nil, err
	}
	if err := syncFolder(s.folder); err != nil {
		_ = f.Close()
		_ = os.Remove(path)
		return nil, nil, err
	}
	return &segment{path: path, first: first, end: first, header: h, created: h.created, size: headerSize}, f, nil
}

// noSegment stands for the segment that is written to until one can be begun. It has
// no file and no records.
func (s *Spool) noSegment(first, before uint64) *segment {
	h := header{first: first, before: before, created: s.o.Now()}
	return &segment{path: s.pathOf(first), first: first, end: first, header: h, created: h.created, sealed: true, passed: true}
}

// durableEnd is the number behind the last durable record when g is the last segment,
// 0 if that is not known.
func (g *segment) durableEnd() uint64 {
	if g.end > g.first {
		return g.end
	}
	return g.header.before
}

// seal writes the seal of a segment behind its last record.
func (s *Spool) seal(g *segment, f *os.File) error {
	b := appendSeal(nil, g.header.seed(), g.end, sealWhole)
	if err := s.disk.write(f, b, g.size); err != nil {
		return err
	}
	return s.disk.sync(f)
}

// readSeal finds out whether a segment is sealed, and fills in what its seal says.
func (g *segment) readSeal(f *os.File, below uint64) (bool, error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	g.size = info.Size()
	if g.size < headerSize+headSize {
		return false, nil
	}
	b := make([]byte, headSize)
	if _, err := f.ReadAt(b, g.size-headSize); err != nil {
		return false, err
	}
	h, ok := decodeHead(b, g.header.seed())
	if !ok || h.kind != kindSeal || h.number < g.first || h.number > below {
		return false, nil
	}
	g.end, g.sealed, g.sparse = h.number, true, h.time == sealSparse
	return true, nil
}
