package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var background = context.Background()

func openIn(t testing.TB, folder string, o Options) *Spool {
	t.Helper()
	s, err := Open(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func appended(t testing.TB, s *Spool, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := s.Append(background, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

func done(t testing.TB, s *Spool, records ...Record) {
	t.Helper()
	for _, r := range records {
		if err := s.Done(r.Number); err != nil {
			t.Fatal(err)
		}
	}
}

// take reads n records.
func take(t testing.TB, s *Spool, n int) (out []Record) {
	t.Helper()
	for range n {
		r, err := s.Next(background)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// rest ends the spool and reads what is in it.
func rest(t testing.TB, s *Spool) (out []Record) {
	t.Helper()
	s.End()
	for {
		r, err := s.Next(background)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
}

func texts(records []Record) string {
	var all []string
	for _, r := range records {
		all = append(all, string(r.Data))
	}
	return strings.Join(all, " ")
}

// mustHold reopens the spool and compares what it gives out.
func mustHold(t *testing.T, folder, want string) {
	t.Helper()
	s := openIn(t, folder, Options{})
	if got := texts(rest(t, s)); got != want {
		t.Errorf("%q waits, want %q", got, want)
	}
	closed(t, s)
}

func segmentsIn(t testing.TB, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*"+segmentSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestRecordsComeInOrderUntilTheyAreSettled(t *testing.T) {
	defer goleak.VerifyNone(t)
	folder := filepath.Join(t.TempDir(), "deep", "spool")
	s := openIn(t, folder, Options{})
	appended(t, s, "a", "b", "c")
	got := take(t, s, 3)
	if texts(got) != "a b c" {
		t.Fatal(texts(got))
	}
	if st := s.Stats(); st.Waiting != 3 || st.Oldest.IsZero() || st.Bytes == 0 {
		t.Errorf("%+v", st)
	}
	done(t, s, got[1])
	closed(t, s)
	s = openIn(t, folder, Options{})
	appended(t, s, "d", "")
	if got := rest(t, s); texts(got) != "a c d " {
		t.Fatal(texts(got))
	}
	closed(t, s)
	mustHold(t, folder, "a c d ")
}

func TestASpoolForOneProcess(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, Options{})
	_, err := Open(folder, Options{})
	if err == nil || !strings.Contains(err.Error(), folder+" is in use by another leat process") {
		t.Fatal(err)
	}
	closed(t, s)
	closed(t, openIn(t, folder, Options{}))
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "spool")
	s := openIn(t, folder, Options{})
	appended(t, s, "a")
	closed(t, s)
	check := func(path string, want os.FileMode) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	check(folder, 0o700)
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		check(filepath.Join(folder, e.Name()), 0o600)
	}
	if len(entries) != 3 {
		t.Error(entries)
	}
}

func TestNextWaitsForARecord(t *testing.T) {
	s := openIn(t, t.TempDir(), Options{})
	defer closed(t, s)
	got := make(chan Record)
	go func() {
		r, _ := s.Next(background)
		got <- r
	}()
	appended(t, s, "a")
	if r := <-got; string(r.Data) != "a" {
		t.Error(r)
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := s.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCloseEndsNextAndAppend(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := openIn(t, t.TempDir(), Options{})
	ended := make(chan error)
	go func() {
		_, err := s.Next(background)
		ended <- err
	}()
	closed(t, s)
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := s.Append(background, nil); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := s.Done(1); err != nil {
		t.Error(err)
	}
	closed(t, s)
}

func TestFullSpoolTakesMoreOnceSomethingIsSettled(t *testing.T) {
	s := openIn(t, t.TempDir(), Options{MaxBytes: 1 << 20})
	defer closed(t, s)
	kilo, n := make([]byte, 1000), 0
	var err error
	for err == nil {
		if err = s.Append(background, kilo); err == nil {
			n++
		}
	}
	if !errors.Is(err, ErrFull) || n < 900 {
		t.Fatal(n, err)
	}
	if st := s.Stats(); st.Bytes > 1<<20 {
		t.Error(st.Bytes)
	}
	done(t, s, take(t, s, n-1)...)
	<-s.Freed()
	if err := s.Append(background, kilo); err != nil {
		t.Error(err)
	}
}

// The file that is written to makes room too, once all of it is settled.
func TestOneLargeRecordDoesNotFillTheSpoolForEver(t *testing.T) {
	s := openIn(t, t.TempDir(), Options{MaxBytes: 1 << 20})
	defer closed(t, s)
	goOn := make(chan struct{})
	go func() {
		for range goOn {
			if r, err := s.Next(background); err == nil {
				_ = s.Done(r.Number)
			}
		}
		_, _ = s.Next(background)
	}()
	defer close(goOn)
	large := make([]byte, 900<<10)
	for range 3 {
		if err := s.Append(background, large); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(background, large); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
		goOn <- struct{}{}
		goOn <- struct{}{} // it is waiting for the next one
		await(t, func() bool { return s.Room() > 950<<10 })
		appended(t, s, "")
		await(t, func() bool { return s.Stats().Waiting == 0 })
	}
}

func TestSettledSpoolLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, Options{})
	appended(t, s, "a", "b")
	both := take(t, s, 2)
	done(t, s, both[1])
	closed(t, s)
	if !Waits(folder) {
		t.Error("nothing seems to wait")
	}
	s = openIn(t, folder, Options{})
	done(t, s, take(t, s, 1)...)
	closed(t, s)
	if Waits(folder) || len(segmentsIn(t, folder)) > 0 {
		t.Error("something seems to wait")
	}
	s = openIn(t, folder, Options{})
	appended(t, s, "c")
	if r := take(t, s, 1)[0]; r.Number < 3 {
		t.Error("number", r.Number, "is used twice")
	}
	closed(t, s)
}

func TestTooLargeRecordIsRefused(t *testing.T) {
	s := openIn(t, t.TempDir(), Options{MaxRecord: 10})
	defer closed(t, s)
	if err := s.Append(background, make([]byte, 11)); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	appended(t, s, "0123456789")
}

// A record that is held for long must keep neither what is settled behind it nor
// have that come again.
func TestOneOldRecordKeepsLittle(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, Options{SegmentBytes: 256 << 10})
	const n = 20_000
	for i := range n / 100 {
		var batch [][]byte
		for j := range 100 {
			batch = append(batch, fmt.Appendf(nil, "%06d%0100d", i*100+j, 0))
		}
		if err := s.Append(background, batch...); err != nil {
			t.Fatal(err)
		}
	}
	all := take(t, s, n)
	for i, r := range all {
		if i%5000 != 0 {
			done(t, s, r)
		}
	}
	_ = take(t, appendedAndReturned(t, s), 1) // the reader leaves the file it is in
	await(t, func() bool { return s.Stats().Bytes < 1<<20 })
	closed(t, s)
	s = openIn(t, folder, Options{})
	got := rest(t, s)
	if len(got) != 5 || got[4].Number <= got[3].Number {
		t.Fatal(len(got), "records wait")
	}
	for i, r := range got[:4] {
		if !strings.HasPrefix(string(r.Data), fmt.Sprintf("%06d", i*5000)) || r.Number != all[i*5000].Number || !r.Time.Equal(all[i*5000].Time) {
			t.Errorf("%d: %.20q, number %d", i, r.Data, r.Number)
		}
	}
	if st := s.Stats(); st.Lost != 0 || len(st.Damaged) != 0 || st.Waiting != 5 || !st.Oldest.Equal(all[0].Time) {
		t.Errorf("%+v", st)
	}
	closed(t, s)
}

func appendedAndReturned(t *testing.T, s *Spool) *Spool {
	if err := s.Append(background, make([]byte, 300<<10)); err != nil {
		t.Fatal(err)
	}
	return s
}

// await looks again and again, for what a goroutine of the spool does.
func await(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("what was waited for did not happen")
		}
	}
}

func TestConcurrentCallsShareAnFsync(t *testing.T) {
	syncs := 0
	d := realDisk
	d.sync = func(f *os.File) error { syncs++; return f.Sync() }
	s, err := open(t.TempDir(), Options{}, d)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			if err := s.Append(background, fmt.Appendf(nil, "%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := rest(t, s); len(got) != 500 {
		t.Error(len(got))
	}
	closed(t, s)
	if syncs > 250 {
		t.Errorf("%d fsyncs for 500 records", syncs)
	}
}

func TestAppendThatIsGivenUpIsNotWritten(t *testing.T) {
	d := realDisk
	begun, goOn := make(chan struct{}, 10), make(chan struct{})
	block := false
	d.sync = func(f *os.File) error {
		if block {
			begun <- struct{}{}
			<-goOn
		}
		return f.Sync()
	}
	s, err := open(t.TempDir(), Options{MaxBytes: 1 << 20}, d)
	if err != nil {
		t.Fatal(err)
	}
	block = true
	first := make(chan error)
	go func() { first <- s.Append(background, []byte("a")) }()
	<-begun
	ctx, cancel := context.WithCancel(background)
	cancel()
	if err := s.Append(ctx, []byte("b")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if room := s.Room(); room != 1<<20-2*headerSize+headerSize-Overhead-1 {
		t.Error("what was given up still takes up room:", room)
	}
	if got := texts(rest(t, s)); got != "a" {
		t.Error(got)
	}
	closed(t, s)
}
