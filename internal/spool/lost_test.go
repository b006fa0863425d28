package spool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is missing is counted, whatever became of its file.
func TestLostRecordsAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		want   string
		lost   uint64
	}{
		"no header":         {func(b []byte) []byte { return append(make([]byte, headerSize), b[headerSize:]...) }, "four five", 3},
		"end cut":           {func(b []byte) []byte { return b[:len(b)-headSize-5] }, "one two four five", 1},
		"cut at a record":   {func(b []byte) []byte { return b[:headerSize+2*headSize+6] }, "one two four five", 1},
		"cut to its header": {func(b []byte) []byte { return b[:headerSize] }, "four five", 3},
		"cut to nothing":    {func(b []byte) []byte { return nil }, "four five", 3},
		"seal cut":          {func(b []byte) []byte { return b[:len(b)-headSize] }, "one two 3 four five", 0},
	} {
		t.Run(name, func(t *testing.T) {
			folder, sealed, _ := filled(t)
			edit(t, sealed, c.damage)
			st := afterDamage(t, folder, c.want)
			if st.Lost != c.lost {
				t.Errorf("lost %d, want %d: %+v", st.Lost, c.lost, st)
			}
			for _, d := range st.Damaged {
				if d.Tail {
					t.Errorf("a cut file is taken for a torn write: %+v", d)
				}
			}
			if st = afterDamage(t, folder, c.want); st.Lost != 0 {
				t.Errorf("what is lost is lost again: %+v", st)
			}
		})
	}
}

func TestFilesThatVanishedAreCounted(t *testing.T) {
	for _, gone := range []int{0, 1} {
		folder := t.TempDir()
		s := openIn(t, folder, Options{SegmentBytes: headerSize + 3*headSize + 10})
		appended(t, s, "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
		closed(t, s)
		before := segmentsIn(t, folder)
		if len(before) < 3 {
			t.Fatal(before)
		}
		if err := os.Remove(before[gone]); err != nil {
			t.Fatal(err)
		}
		s = openIn(t, folder, Options{})
		left := len(rest(t, s))
		if lost := s.Stats().Lost; lost == 0 || int(lost)+left != 10 {
			t.Errorf("without file %d: %d come, %d are said to be lost", gone, left, lost)
		}
		closed(t, s)
	}
}

// killedCopy returns a copy of a folder, as a kill leaves it now.
func killedCopy(t *testing.T, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "killed")
	if err := os.CopyFS(to, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	return to
}

// Numbers do not begin again when all that is left of them is that there were some.
func TestNumbersGoOnWhenNothingIsLeft(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, Options{})
	appended(t, s, "a", "b")
	done(t, s, take(t, s, 2)...)
	closed(t, s)
	s = openIn(t, folder, Options{})
	copied := killedCopy(t, folder)
	closed(t, s)
	s = openIn(t, copied, Options{})
	appended(t, s, "c")
	if r := take(t, s, 1)[0]; r.Number != 3 {
		t.Error("the next number is", r.Number)
	}
	closed(t, s)
}

func TestWhatIsSetAsideIsKept(t *testing.T) {
	folder := t.TempDir()
	for _, text := range []string{"first", "other"} {
		s := openIn(t, folder, Options{})
		appended(t, s, text)
		closed(t, s)
		edit(t, segmentsIn(t, folder)[0], flip(headerSize+headSize))
		for range 3 { // what is found again is not set aside again
			copied := killedCopy(t, folder)
			afterDamage(t, folder, "")
			if text == "other" {
				continue
			}
			afterDamage(t, copied, "")
			afterDamage(t, copied, "")
			if names, _ := filepath.Glob(filepath.Join(copied, "*damaged*")); len(names) != 1 {
				t.Error(names)
			}
		}
		_ = os.Remove(filepath.Join(folder, settledName)) // so that numbers begin again
	}
	names, err := filepath.Glob(filepath.Join(folder, "*damaged*"))
	var all []string
	for _, name := range names {
		b, _ := os.ReadFile(name)
		all = append(all, string(b))
	}
	if text := strings.Join(all, " "); err != nil || len(names) != 2 || !strings.Contains(text, "irst") || !strings.Contains(text, "ther") {
		t.Errorf("%q in %v", all, names)
	}
}
