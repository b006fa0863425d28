package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

// found is a line as it was read.
type found struct {
	content      string
	line, offset int64
	bytes, sum   string // of one that is too long
}

// readAll cuts all that r gives into lines.
func readAll(r io.Reader, limit int) (all []found, err error) {
	lr := &lineReader{r: r, path: "f", max: limit, at: place{line: 1}}
	for err == nil {
		b := newBlock("f", time.Time{})
		err = lr.fill(b)
		for _, l := range b.lines {
			content, _ := l.event.Bytes()
			f := found{content: string(content), line: l.at.line, offset: l.at.offset}
			f.bytes, _ = l.Lookup("file.bytes")
			f.sum, _ = l.Lookup("file.sha256")
			all = append(all, f)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return all, err
}

// linesOf is the same over the whole text at once.
func linesOf(text string, limit int) (all []found) {
	at := place{line: 1}
	for line := range strings.SplitAfterSeq(text, "\n") {
		content := strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		f := found{content: content, line: at.line, offset: at.offset}
		if len(content) > limit {
			sum := sha256.Sum256([]byte(content))
			f.content, f.bytes, f.sum = content[:min(len(content), keepOversize)], strconv.Itoa(len(content)), hex.EncodeToString(sum[:])
		}
		if len(content) > limit || strings.TrimSpace(content) != "" {
			all = append(all, f)
		}
		at.line++
		at.offset += int64(len(line))
	}
	return all
}

func compare(t interface{ Fatalf(string, ...any) }, got, want []found) {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Fatalf("%d lines, want %d; too many: %s", len(got), len(want), got[i])
		case i >= len(got):
			t.Fatalf("%d lines, want %d; missing: %s", len(got), len(want), want[i])
		case got[i] != want[i]:
			t.Fatalf("line %d is %s\nwant %s", i, got[i], want[i])
		}
	}
}

func (f found) String() string {
	return fmt.Sprintf("%d@%d %d %.40q bytes=%s sum=%.8s", f.line, f.offset, len(f.content), f.content, f.bytes, f.sum)
}

// chopped gives at most as many bytes a read as sizes say, in turn.
type chopped struct {
	r     io.Reader
	sizes []int
	n     int
}

func (c *chopped) Read(p []byte) (int, error) {
	size := c.sizes[c.n%len(c.sizes)]
	c.n++
	return c.r.Read(p[:min(len(p), size)])
}

// Lines of any length come out as they went in, however the reads fall.
func TestLinesOverBlockBoundaries(t *testing.T) {
	lengths := []int{0, 1, 2, 99, 100, 101, blockSize - 2, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, 5*blockSize + 3}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for i, n := range rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 200), rapid.SampledFrom(lengths)), 0, 12).Draw(t, "lengths") {
			text.WriteString(strings.Repeat(string(rune('a'+i)), n))
			text.WriteString(rapid.SampledFrom([]string{"\n", "\r\n", "\r\r\n", "\n\n", " \n"}).Draw(t, "end"))
		}
		text.WriteString(rapid.SampledFrom([]string{"", "last", "last\r", strings.Repeat("z", blockSize)}).Draw(t, "tail"))
		limit := rapid.SampledFrom([]int{1, 100, blockSize - 1, blockSize, 1 << 20}).Draw(t, "limit")
		var r io.Reader = strings.NewReader(text.String())
		switch rapid.IntRange(0, 3).Draw(t, "reader") {
		case 0:
			r = iotest.HalfReader(r)
		case 1:
			r = iotest.DataErrReader(r)
		case 2:
			r = &chopped{r: iotest.DataErrReader(r), sizes: rapid.SliceOfN(rapid.IntRange(1, 3*blockSize), 1, 5).Draw(t, "sizes")}
		}
		got, err := readAll(r, limit)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, linesOf(text.String(), limit))
	})
}

func TestLinesOneByteAtATime(t *testing.T) {
	text := "a\r\n\n" + strings.Repeat("b", 20) + "\r\nc\n" + strings.Repeat("d", 10) + "\r\n" + strings.Repeat("e", 11) + "\r\nf\r"
	got, err := readAll(iotest.OneByteReader(strings.NewReader(text)), 10)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, got, linesOf(text, 10))
}

// What was read whole before a read failed is not lost.
func TestLinesBeforeAFailedRead(t *testing.T) {
	broken := errors.New("broken")
	text := "a\nb\nc"
	for name, r := range map[string]io.Reader{
		"with the last bytes":   iotest.DataErrReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))),
		"after the last bytes":  io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)),
		"in a line too long":    io.MultiReader(strings.NewReader("a\nb\n"+strings.Repeat("c", 200)), iotest.ErrReader(broken)),
		"read a byte at a time": iotest.OneByteReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))),
	} {
		got, err := readAll(r, 100)
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
		compare(t, got, linesOf("a\nb\n", 100))
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n c"), 3, uint16(1), uint16(7))
	f.Add([]byte("\r\n\r\r\n"), 1, uint16(2), uint16(1))
	f.Add(bytes.Repeat([]byte("x"), 300), 100, uint16(50), uint16(51))
	f.Fuzz(func(t *testing.T, text []byte, limit int, first, second uint16) {
		if limit < 1 || limit > 1<<20 {
			return
		}
		r := &chopped{r: bytes.NewReader(text), sizes: []int{int(first) + 1, int(second) + 1}}
		got, err := readAll(r, limit)
		if err != nil {
			t.Fatal(err)
		}
		compare(t, got, linesOf(string(text), limit))
	})
}
