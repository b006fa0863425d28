package file

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

const letterLine = `{"v":1,"flow":"f","stage":"s","id":"ID","payload":"{}"}`

func lettersIn(t *testing.T, box pipeline.LetterBox) (ids, problems []string) {
	t.Helper()
	for l, err := range box.Read(t.Context()) {
		switch {
		case l == nil:
			t.Fatal(err)
		case err != nil:
			problems = append(problems, l.Place+": "+err.Error())
		default:
			ids = append(ids, strings.TrimSpace(l.ID+" "+string(l.Status)))
		}
	}
	return ids, problems
}

func boxOf(t *testing.T, path, text string) letterBox {
	t.Helper()
	path = filepath.Join(t.TempDir(), path)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return letterBox{SinkConfig{Path: path, Format: pipeline.FormatLines}}
}

func named(id string) string { return strings.ReplaceAll(letterLine, "ID", id) }

func TestBadLinesAreNamedAndTheOthersRead(t *testing.T) {
	lines := []string{named("a"), "", "[1]", strings.Repeat("x", maxLetter+1), `{"v":9}`, `{"v":1}`, named("b") + "\r", `{"v":1,"flow":"f","st`}
	ids, problems := lettersIn(t, boxOf(t, "dead.jsonl", strings.Join(lines, "\n")))
	if !slices.Equal(ids, []string{"a", "b"}) {
		t.Errorf("read %q", ids)
	}
	want := []string{"dead.jsonl:3: is no dead letter", "dead.jsonl:4: is longer than 64MiB", "dead.jsonl:5: was written by a newer leat", "dead.jsonl:6: is no dead letter", "dead.jsonl:8: ends in the middle"}
	for i, w := range want {
		if i >= len(problems) || !strings.Contains(problems[i], w) {
			t.Fatalf("said %q, want %q", problems, want)
		}
	}
}

func TestDatedAndWrappedLetters(t *testing.T) {
	box := boxOf(t, "dead-2026-03-31.jsonl", `{"v":1,"id":"b","body":`+named("b")+"}\n")
	dir := filepath.Dir(box.config.Path)
	if err := os.WriteFile(filepath.Join(dir, "dead-2026-03-30.jsonl"), []byte(named("a")), 0o600); err != nil {
		t.Fatal(err)
	}
	box.config = SinkConfig{Path: filepath.Join(dir, "dead-{date}.jsonl"), Format: pipeline.FormatEnvelope}
	if ids, problems := lettersIn(t, box); !slices.Equal(ids, []string{"a", "b"}) || problems != nil {
		t.Errorf("read %q, %q", ids, problems)
	}
}

// A kill may tear the last mark: its letter waits again, and the next mark has a line of
// its own.
func TestTornMarks(t *testing.T) {
	box := boxOf(t, "dead.jsonl", named("a")+"\n"+named("b")+"\n")
	mark := func(number int) {
		t.Helper()
		m, err := box.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for l := range box.Read(t.Context()) {
			if l.Number == number {
				err = errors.Join(m.Mark(l, pipeline.LetterDelivered), m.Close())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	mark(1)
	if err := os.Truncate(box.marksPath(), 20); err != nil {
		t.Fatal(err)
	}
	mark(2)
	if ids, _ := lettersIn(t, box); !slices.Equal(ids, []string{"a", "b delivered"}) {
		t.Errorf("read %q", ids)
	}
	mark(1)
	if ids, _ := lettersIn(t, box); !slices.Equal(ids, []string{"a delivered", "b delivered"}) {
		t.Errorf("read %q", ids)
	}
}

// Whatever stands in a file, each line of it is one line, and a letter behind it is read.
func FuzzLetterLines(f *testing.F) {
	f.Add([]byte(named("a")), 10)
	f.Add([]byte("\n\r\n{\"v\":1\x00"), 100)
	f.Add([]byte(strings.Repeat("x", 300)), 200)
	f.Fuzz(func(t *testing.T, text []byte, most int) {
		most = max(most%1000, len(letterLine))
		text = append(append(text, '\n'), letterLine...)
		lines, n := newLetterLines(strings.NewReader(string(text)), most), 0
		last := ""
		for {
			line, err := lines.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil && !errors.Is(err, errHugeLine) || len(line) > most {
				t.Fatal(err, len(line))
			}
			n, last = n+1, string(line)
			_ = letterBox{SinkConfig{Format: pipeline.FormatEnvelope}}.parse(line, &pipeline.Letter{})
		}
		if want := strings.Count(string(text), "\n") + 1; n != want || last != letterLine {
			t.Errorf("%d lines, the last %q; want %d", n, last, want)
		}
	})
}
