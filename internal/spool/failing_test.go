package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// failing is a disk that fails on demand.
type failing struct {
	sync, write, truncate error
	torn                  int // how much of a write that fails is written
}

func (d *failing) disk() disk {
	return disk{
		write: func(f *os.File, b []byte, at int64) error {
			if d.write != nil && strings.HasSuffix(f.Name(), segmentSuffix) {
				_, _ = f.WriteAt(b[:min(len(b), d.torn)], at)
				return d.write
			}
			return realDisk.write(f, b, at)
		},
		sync: func(f *os.File) error {
			if d.sync != nil && strings.HasSuffix(f.Name(), segmentSuffix) {
				return d.sync
			}
			return realDisk.sync(f)
		},
		truncate: func(f *os.File, size int64) error {
			if d.truncate != nil {
				return d.truncate
			}
			return realDisk.truncate(f, size)
		},
	}
}

func openFailing(t *testing.T, folder string, d *failing) *Spool {
	t.Helper()
	s, err := open(folder, Options{}, d.disk())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// After a failed fsync nothing may be reported as durable because a later fsync
// of the same file succeeds.
func TestFailedFsyncLeavesTheFile(t *testing.T) {
	for _, truncate := range []error{nil, syscall.EIO} {
		folder, d := t.TempDir(), &failing{}
		s := openFailing(t, folder, d)
		appended(t, s, "a")
		d.sync, d.truncate = syscall.EIO, truncate
		if err := s.Append(background, []byte("b")); !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "write to the spool "+folder) {
			t.Fatal(err)
		}
		before := segmentsIn(t, folder)
		d.sync, d.truncate = nil, nil
		appended(t, s, "b", "c")
		if after := segmentsIn(t, folder); len(after) != len(before)+1 {
			t.Error("still in", after)
		}
		got := rest(t, s)
		if texts(got) != "a b c" || got[1].Number == 2 {
			t.Errorf("%q, numbers %d", texts(got), got[1].Number)
		}
		if st := s.Stats(); st.Waiting != 3 {
			t.Errorf("%+v", st)
		}
		done(t, s, got[1])
		closed(t, s)
		mustHold(t, folder, "a c") // not the copy of b that had not been promised
	}
}

// The first file of a run may be the one that fails.
func TestFailedFsyncOfTheFirstRecord(t *testing.T) {
	folder, d := t.TempDir(), &failing{}
	s := openFailing(t, folder, d)
	for range 3 {
		d.sync = syscall.EIO
		if err := s.Append(background, []byte("x")); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		if err := s.Append(background, []byte("x")); !errors.Is(err, syscall.EIO) { // no new file can be begun
			t.Fatal(err)
		}
		d.sync = nil
		appended(t, s, "a")
	}
	if st := s.Stats(); st.Waiting != 3 {
		t.Errorf("%+v", st)
	}
	if got := rest(t, s); texts(got) != "a a a" {
		t.Error(texts(got))
	}
	closed(t, s)
	mustHold(t, folder, "a a a")
}

func TestFullDiskCostsNothingButTheAppend(t *testing.T) {
	for torn := range 80 {
		folder, d := t.TempDir(), &failing{torn: torn}
		s := openFailing(t, folder, d)
		appended(t, s, "a")
		d.write = syscall.ENOSPC
		if err := s.Append(background, []byte("something")); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		d.write = nil
		appended(t, s, "b")
		if got := take(t, s, 2); texts(got) != "a b" {
			t.Fatal(texts(got))
		}
		closed(t, s)
		if n := len(segmentsIn(t, folder)); n != 1 {
			t.Fatal(n, "files")
		}
		mustHold(t, folder, "a b")
	}
}

func TestTornWriteThatCannotBeCut(t *testing.T) {
	folder, d := t.TempDir(), &failing{torn: 20}
	s := openFailing(t, folder, d)
	appended(t, s, "a")
	d.write, d.truncate = syscall.EIO, syscall.EIO
	if err := s.Append(background, []byte("x")); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	d.write, d.truncate = nil, nil
	appended(t, s, "b")
	if got := take(t, s, 2); texts(got) != "a b" {
		t.Fatal(texts(got))
	}
	closed(t, s)
	s = openIn(t, folder, Options{})
	if st := s.Stats(); len(st.Damaged) != 1 || !st.Damaged[0].Tail || st.Damaged[0].Bytes != 20 {
		t.Errorf("%+v", st)
	}
	if got := rest(t, s); texts(got) != "a b" {
		t.Error(texts(got))
	}
	closed(t, s)
}

// What is settled while its note cannot be written is noted with the next one.
func TestNotesThatCannotBeWrittenAreKept(t *testing.T) {
	folder := t.TempDir()
	d, broken := realDisk, false
	d.write = func(f *os.File, b []byte, at int64) error {
		if broken && filepath.Base(f.Name()) == settledName {
			_, _ = f.WriteAt(b[:7], at)
			return syscall.ENOSPC
		}
		return realDisk.write(f, b, at)
	}
	s, err := open(folder, Options{}, d)
	if err != nil {
		t.Fatal(err)
	}
	appended(t, s, "a", "b", "c")
	got := take(t, s, 3)
	broken = true
	if err := s.Done(got[0].Number); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	broken = false
	done(t, s, got[1])
	closed(t, s)
	mustHold(t, folder, "c")
}

func TestFileThatCannotBeMadeSmallerStays(t *testing.T) {
	folder, d := t.TempDir(), &failing{}
	s, err := open(folder, Options{SegmentBytes: 128 << 10}, disk{
		write: func(f *os.File, b []byte, at int64) error {
			if d.write != nil && strings.HasSuffix(f.Name(), ".tmp") {
				return d.write
			}
			return realDisk.write(f, b, at)
		}, sync: realDisk.sync, truncate: realDisk.truncate,
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 120 {
		appended(t, s, fmt.Sprintf("%d%01000d", i, 0))
	}
	appended(t, s, strings.Repeat("x", 100<<10))
	all := take(t, s, 121)
	d.write = syscall.ENOSPC
	done(t, s, all[1:]...)
	closed(t, s)
	s = openIn(t, folder, Options{})
	if got := rest(t, s); len(got) != 1 || got[0].Number != 1 {
		t.Error(len(got))
	}
	closed(t, s)
}
