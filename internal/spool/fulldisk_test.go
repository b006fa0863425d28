package spool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// fullDisk takes nothing while full is set, and counts what is tried.
type fullDisk struct {
	full    atomic.Bool
	written atomic.Int64 // bytes that were tried while it was full
}

func (d *fullDisk) disk() disk {
	out := realDisk
	out.write = func(f *os.File, b []byte, at int64) error {
		if d.full.Load() {
			d.written.Add(int64(len(b)))
			return syscall.ENOSPC
		}
		return realDisk.write(f, b, at)
	}
	return out
}

// Nothing has to be written before what waits is given out, whatever the run before
// left: that is what makes room.
func TestFullDiskAtTheStart(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"whole": func(b []byte) []byte { return b },
		"torn":  func(b []byte) []byte { return append(b, "\xf5sp torn"...) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			s := openIn(t, folder, Options{})
			appended(t, s, "a", "b", "c")
			done(t, s, take(t, s, 1)...)
			closed(t, s)
			edit(t, segmentsIn(t, folder)[0], damage)
			d := &fullDisk{}
			d.full.Store(true)
			s, err := open(folder, Options{}, d.disk())
			if err != nil {
				t.Fatal("what would make room cannot be read: ", err)
			}
			got := take(t, s, 2)
			if texts(got) != "b c" {
				t.Error(texts(got))
			}
			if err := s.Append(background, []byte("d")); !errors.Is(err, syscall.ENOSPC) {
				t.Error(err)
			}
			_ = s.Done(got[0].Number)
			if b := readAll(t, folder); name == "torn" && !strings.Contains(b, "torn") {
				t.Error("damaged bytes are nowhere any more")
			}
			d.full.Store(false)
			appended(t, s, "d")
			if r := take(t, s, 1); texts(r) != "d" {
				t.Error(texts(r))
			}
			closed(t, s)
			mustHold(t, folder, "c d")
		})
	}
}

func readAll(t *testing.T, folder string) (all string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(folder, e.Name()))
		all += string(b)
	}
	return all
}

// A spool that is empty waits for a full disk too.
func TestFullDiskAtTheFirstStart(t *testing.T) {
	d := &fullDisk{}
	d.full.Store(true)
	folder := t.TempDir()
	s, err := open(folder, Options{}, d.disk())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(background, []byte("a")); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
	d.full.Store(false)
	appended(t, s, "a")
	closed(t, s)
	mustHold(t, folder, "a")
	d.full.Store(true)
	if s, err = open(t.TempDir(), Options{}, d.disk()); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
}

// While notes cannot be written, what waits is not written again and again.
func TestNotesOnAFullDiskAreTriedNowAndThen(t *testing.T) {
	d := &fullDisk{}
	now := time.Unix(1, 0)
	folder := t.TempDir()
	s, err := open(folder, Options{Now: func() time.Time { return now }}, d.disk())
	if err != nil {
		t.Fatal(err)
	}
	const records = 4000
	batch := make([][]byte, records)
	if err := s.Append(background, batch...); err != nil {
		t.Fatal(err)
	}
	all := take(t, s, records)
	d.full.Store(true)
	for i := 0; i < records; i += 2 { // no two of them follow one another
		if err := s.Done(all[i].Number); !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if n := d.written.Load(); n > 3*records/2*markSize {
		t.Error(n, "bytes were tried to be written for", records/2, "notes")
	}
	d.full.Store(false)
	now = now.Add(2 * time.Second)
	done(t, s, all[1])
	copied := killedCopy(t, folder)
	closed(t, s)
	s = openIn(t, copied, Options{})
	if st := s.Stats(); st.Waiting != records/2-1 {
		t.Errorf("%+v", st)
	}
	closed(t, s)
}

// What is settled while the spool is closed is either noted or comes again.
func TestDoneWhileClosing(t *testing.T) {
	for range 30 {
		folder := t.TempDir()
		s := openIn(t, folder, Options{SegmentBytes: 300})
		for range 50 {
			appended(t, s, "record")
		}
		all := take(t, s, 50)
		settled := make(chan int)
		go func() {
			n := 0
			for _, r := range all {
				err := s.Done(r.Number)
				if err == nil {
					n++
				} else if !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
			}
			settled <- n
		}()
		closed(t, s)
		n := <-settled
		s = openIn(t, folder, Options{})
		if st := s.Stats(); int(st.Waiting) != len(all)-n || st.Lost != 0 {
			t.Errorf("%d were settled: %+v", n, st)
		}
		closed(t, s)
	}
}
