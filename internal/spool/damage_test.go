package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func edit(t *testing.T, path string, f func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= 0x40
		return b
	}
}

// filled returns a folder with a sealed file of three records and an open one of
// two.
func filled(t *testing.T) (folder string, sealed, unsealed string) {
	folder = t.TempDir()
	s := openIn(t, folder, Options{SegmentBytes: headerSize + 3*headSize + 10})
	appended(t, s, "one", "two", "3", "four", "five")
	closed(t, s)
	names := segmentsIn(t, folder)
	if len(names) != 2 {
		t.Fatal(names)
	}
	return folder, names[0], names[1]
}

// afterDamage opens the spool, reads all of it and returns what it says then.
func afterDamage(t *testing.T, folder, want string) Stats {
	t.Helper()
	s := openIn(t, folder, Options{})
	defer closed(t, s)
	if got := texts(rest(t, s)); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	return s.Stats()
}

func TestDamageInTheMiddleCostsOneRecord(t *testing.T) {
	second := headerSize + headSize + 3
	for at := second; at < second+headSize+3; at++ {
		folder, sealed, _ := filled(t)
		edit(t, sealed, flip(at))
		st := afterDamage(t, folder, "one 3 four five")
		if st.Lost != 1 || len(st.Damaged) != 1 || st.Damaged[0].Bytes != headSize+3 || st.Damaged[0].Offset != int64(second) || st.Waiting != 4 {
			t.Fatalf("byte %d: %+v", at, st)
		}
		if aside, err := os.ReadFile(st.Damaged[0].Aside); err != nil || len(aside) != headSize+3 {
			t.Errorf("set aside: %d bytes, %v", len(aside), err)
		}
		st = afterDamage(t, folder, "one 3 four five") // what is lost is not lost again
		if st.Lost != 0 {
			t.Errorf("%+v", st)
		}
	}
}

func TestDamageInAnOpenFileIsFoundAtOnce(t *testing.T) {
	folder, _, open := filled(t)
	edit(t, open, flip(headerSize+headSize))
	s := openIn(t, folder, Options{})
	if st := s.Stats(); len(st.Damaged) != 1 || st.Damaged[0].File != open || st.Damaged[0].Tail {
		t.Errorf("%+v", st)
	}
	closed(t, s)
	afterDamage(t, folder, "one two 3 five")
}

func TestTornTailIsCut(t *testing.T) {
	folder, _, open := filled(t)
	info, err := os.Stat(open)
	if err != nil {
		t.Fatal(err)
	}
	size := int(info.Size())
	for cut := size - 1; cut > size-headSize-4; cut-- {
		folder, _, open = filled(t)
		if err := os.Truncate(open, int64(cut)); err != nil {
			t.Fatal(err)
		}
		st := afterDamage(t, folder, "one two 3 four")
		if len(st.Damaged) != 1 || !st.Damaged[0].Tail || st.Damaged[0].Bytes != int64(cut-(size-headSize-4)) {
			t.Fatalf("cut at %d of %d: %+v", cut, size, st)
		}
	}
	mustHold(t, folder, "one two 3 four")
}

func TestOneDamagedHeaderIsHealedByItsCopy(t *testing.T) {
	for at := range headerSize {
		folder, sealed, open := filled(t)
		edit(t, sealed, flip(at))
		edit(t, open, flip(at))
		edit(t, filepath.Join(folder, settledName), flip(at))
		if st := afterDamage(t, folder, "one two 3 four five"); len(st.Damaged) > 0 {
			t.Fatalf("%+v", st)
		}
	}
}

func TestFileWithoutAHeaderIsSetAside(t *testing.T) {
	folder, sealed, _ := filled(t)
	edit(t, sealed, func(b []byte) []byte { return append(make([]byte, headerSize), b[headerSize:]...) })
	st := afterDamage(t, folder, "four five")
	if len(st.Damaged) != 1 || !strings.HasSuffix(st.Damaged[0].Aside, ".damaged") {
		t.Fatalf("%+v", st)
	}
	if _, err := os.Stat(st.Damaged[0].Aside); err != nil {
		t.Error(err)
	}
}

// When all that is left of a number is the note that it is settled, another
// record must not get the number.
func TestNumbersAreNotUsedTwice(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, Options{})
	appended(t, s, "a", "b", "c")
	done(t, s, take(t, s, 3)[1:]...)
	closed(t, s)
	edit(t, segmentsIn(t, folder)[0], func(b []byte) []byte { return b[:headerSize+5] })
	s = openIn(t, folder, Options{})
	appended(t, s, "d", "e", "f")
	closed(t, s)
	mustHold(t, folder, "d e f")
}

func TestDamagedNotesHaveRecordsComeAgain(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, Options{})
	appended(t, s, "a", "b", "c", "d")
	done(t, s, take(t, s, 3)...)
	closed(t, s)
	edit(t, filepath.Join(folder, settledName), flip(headerSize+markSize+1))
	if st := afterDamage(t, folder, "b d"); len(st.Damaged) != 1 || filepath.Base(st.Damaged[0].File) != settledName {
		t.Errorf("%+v", st)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	newer := func(b []byte) []byte {
		binary.LittleEndian.PutUint32(b[8:], formatVersion+1)
		binary.LittleEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
		copy(b[headerCopy:], b[:headerCopy])
		return b
	}
	for _, name := range []string{"0000000000000001.seg", settledName} {
		folder, _, _ := filled(t)
		path := filepath.Join(folder, name)
		edit(t, path, newer)
		before, _ := os.ReadFile(path)
		_, err := Open(folder, Options{})
		if err == nil || !strings.Contains(err.Error(), "version 2 of the format") || !strings.Contains(err.Error(), folder) {
			t.Fatal(err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Error("the file was changed")
		}
	}
}

// A payload that is itself a file of a spool must not pass for records when the
// record around it is damaged.
func TestRecordInARecordIsNotFound(t *testing.T) {
	_, sealed, _ := filled(t)
	inner, err := os.ReadFile(sealed)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	s := openIn(t, folder, Options{})
	appended(t, s, string(inner), "b")
	closed(t, s)
	edit(t, segmentsIn(t, folder)[0], flip(headerSize+13))
	if st := afterDamage(t, folder, "b"); st.Lost != 1 || len(st.Damaged) != 1 {
		t.Errorf("%+v", st)
	}
}
