package spool

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/race"
	"pgregory.net/rapid"
)

// machine compares a spool with a model of it, over restarts, kills and damage.
type machine struct {
	t      *rapid.T
	root   string
	lives  int
	spool  *Spool
	folder string

	serial  int
	waiting []string          // in order
	settled map[string]bool   // may come again only if the notes are damaged
	given   map[string]Record // not settled
	unread  int               // of waiting, the last ones
	unsure  bool              // notes were damaged: what is lost cannot be counted
}

func TestSpoolAgainstAModel(t *testing.T) {
	race.FewerDraws(t)
	root := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		m := &machine{t: t, root: filepath.Join(root, fmt.Sprint(n)), settled: map[string]bool{}}
		m.open()
		defer func() {
			_ = m.spool.Close()
			_ = os.RemoveAll(m.root)
		}()
		t.Repeat(map[string]func(*rapid.T){
			"":       m.check,
			"append": m.append,
			"read":   m.read,
			"settle": m.settle,
			"reopen": m.reopen,
			"kill":   m.kill,
			"damage": m.damage,
		})
	})
}

func (m *machine) options() Options {
	return Options{SegmentBytes: int64(rapid.SampledFrom([]int{300, 1000, 100_000}).Draw(m.t, "segment"))}
}

func (m *machine) open() {
	if m.folder == "" {
		m.folder = filepath.Join(m.root, "0")
	}
	s, err := Open(m.folder, m.options())
	if err != nil {
		m.t.Fatal(err)
	}
	m.spool, m.given, m.unread = s, map[string]Record{}, len(m.waiting)
}

func (m *machine) check(*rapid.T) {
	if got := m.spool.Stats().Waiting; got != uint64(len(m.waiting)) {
		m.t.Fatalf("%d wait, want %d", got, len(m.waiting))
	}
	if st := m.spool.Stats(); st.Lost != 0 {
		m.t.Fatalf("said to be lost, and nothing was damaged: %+v", st)
	}
}

func (m *machine) append(*rapid.T) {
	var records [][]byte
	for range rapid.IntRange(1, 4).Draw(m.t, "records") {
		m.serial++
		size := rapid.SampledFrom([]int{0, 10, 200, 70_000}).Draw(m.t, "size")
		records = append(records, []byte(fmt.Sprint(m.serial)+strings.Repeat("\xf5s", size/2)))
	}
	if err := m.spool.Append(background, records...); err != nil {
		m.t.Fatal(err)
	}
	for _, r := range records {
		m.waiting = append(m.waiting, string(r))
		m.unread++
	}
}

func (m *machine) read(*rapid.T) {
	for range min(m.unread, rapid.IntRange(1, 10).Draw(m.t, "records")) {
		r, err := m.spool.Next(background)
		if err != nil {
			m.t.Fatal(err)
		}
		if want := m.waiting[len(m.waiting)-m.unread]; want != string(r.Data) {
			m.t.Fatalf("got %.20q, want %.20q", r.Data, want)
		}
		m.given[string(r.Data)] = r
		m.unread--
	}
}

func (m *machine) settle(*rapid.T) {
	for range rapid.IntRange(1, 10).Draw(m.t, "records") {
		i := len(m.waiting) - m.unread
		if i == 0 {
			return
		}
		i = rapid.IntRange(0, i-1).Draw(m.t, "which")
		text := m.waiting[i]
		if err := m.spool.Done(m.given[text].Number); err != nil {
			m.t.Fatal(err)
		}
		m.waiting = slices.Delete(m.waiting, i, i+1)
		m.settled[text] = true
		delete(m.given, text)
	}
}

func (m *machine) reopen(*rapid.T) {
	if err := m.spool.Close(); err != nil {
		m.t.Fatal(err)
	}
	m.open()
}

// crash leaves a copy of the files as they are now, as a killed process does.
func (m *machine) crash() {
	m.lives++
	to := filepath.Join(m.root, fmt.Sprint(m.lives))
	for { // files may go while they are copied
		_ = os.RemoveAll(to)
		if err := os.CopyFS(to, os.DirFS(m.folder)); err == nil {
			break
		}
	}
	if err := m.spool.Close(); err != nil {
		m.t.Fatal(err)
	}
	_ = os.RemoveAll(m.folder)
	m.folder = to
}

// kill may also leave a piece of a record that was being written.
func (m *machine) kill(*rapid.T) {
	m.crash()
	if names := m.files(segmentSuffix); rapid.Bool().Draw(m.t, "torn") {
		f, err := os.OpenFile(names[len(names)-1], os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			m.t.Fatal(err)
		}
		_, _ = f.Write(rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(m.t, "tail"))
		_ = f.Close()
	}
	m.open()
}

func (m *machine) files(suffix string) []string {
	names, err := filepath.Glob(filepath.Join(m.folder, "*"+suffix))
	if err != nil || len(names) == 0 {
		m.t.Fatal(err, "no files", suffix)
	}
	return names
}

// damage changes, or cuts, any file anywhere. What is missing afterwards must
// have been reported, and nothing may be there that had not been.
func (m *machine) damage(*rapid.T) {
	m.crash()
	names := append(m.files(segmentSuffix), m.files(settledName)...)
	path := rapid.SampledFrom(names).Draw(m.t, "file")
	b, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	last := path == names[len(names)-2]
	at := rapid.IntRange(0, len(b)-1).Draw(m.t, "at")
	cut := rapid.Bool().Draw(m.t, "cut")
	if cut {
		b = b[:at]
	} else {
		b[at] ^= byte(rapid.IntRange(1, 255).Draw(m.t, "bits"))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		m.t.Fatal(err)
	}
	m.unsure = m.unsure || filepath.Base(path) == settledName
	m.open()
	m.compareAfterDamage(filepath.Base(path) == settledName, cut, last)
}

func (m *machine) compareAfterDamage(notes, cut, last bool) {
	m.spool.End()
	var got []string
	for range 1 << 20 {
		r, err := m.spool.Next(background)
		if err != nil {
			break
		}
		got = append(got, string(r.Data))
		m.given[string(r.Data)] = r
	}
	st := m.spool.Stats()
	missing := 0
	for _, text := range m.waiting {
		if !slices.Contains(got, text) {
			missing++
		}
	}
	switch {
	case missing > 0 && notes:
		m.t.Fatalf("%d records are lost with notes", missing)
	case missing > 0 && len(st.Damaged) == 0 && st.Lost == 0 && !(cut && (last || m.unsure)):
		m.t.Fatalf("%d records are lost and nobody says so", missing)
	case missing > 0 && !last && !m.unsure && st.Lost != uint64(missing):
		m.t.Fatalf("%d records are lost, and it is said that %d are", missing, st.Lost)
	case missing > 1 && !cut && len(st.Damaged) > 0 && !strings.HasSuffix(st.Damaged[0].Aside, ".damaged"):
		m.t.Fatalf("one byte costs %d records: %+v", missing, st)
	}
	for _, text := range got {
		if !slices.Contains(m.waiting, text) && (!notes || !m.settled[text]) {
			m.t.Fatalf("%.20q was made up, or comes again", text)
		}
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return serialOf(a) - serialOf(b) }) {
		m.t.Fatal("not in order")
	}
	m.waiting = got
	m.reopen(m.t)
}

func serialOf(text string) (n int) {
	_, _ = fmt.Sscanf(text, "%d", &n)
	return n
}
