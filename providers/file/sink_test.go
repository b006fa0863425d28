package file

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

// handClock shows the time that a test sets.
type handClock struct {
	pipeline.Clock
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// opened is a sink that a test calls itself.
type opened struct {
	*sink
	t     *testing.T
	clock *handClock
	log   bytes.Buffer
}

func open(t *testing.T, c SinkConfig) *opened {
	t.Helper()
	o := &opened{t: t, clock: &handClock{now: time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)}}
	if c.Format == "" {
		c.Format = pipeline.FormatLines
	}
	o.sink = newSink(c, o.clock, slog.New(slog.NewTextHandler(&o.log, nil)))
	t.Cleanup(func() {
		if err := o.files.close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func (o *opened) write(payload string) {
	o.t.Helper()
	if err := o.deliver(context.Background(), pipeline.NewEvent("id", []byte(payload))); err != nil {
		o.t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if got := content(t, path); got != want {
		t.Errorf("%s:\n%q\nwant\n%q", filepath.Base(path), got, want)
	}
}

func TestLinesAreTheBytesOfTheEvent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "out.jsonl")
	o := open(t, SinkConfig{Path: path})
	for _, payload := range []string{`{ "z": 1.50, "a": 123456789012345678 }`, "plain text \xff", "", "{\n \"a\": [ 1,\r\n 2 ],\n \"b\": \"x  y\"\n}\n", "[]"} {
		o.write(payload)
	}
	wantFile(t, path, `{ "z": 1.50, "a": 123456789012345678 }`+"\nplain text \xff\n\n"+`{"a":[1,2],"b":"x  y"}`+"\n[]\n")
}

func TestTextWithLineBreaksNeedsTheEnvelope(t *testing.T) {
	dir := t.TempDir()
	e := pipeline.NewEvent("1", []byte("<a>\n</a>"))
	err := open(t, SinkConfig{Path: dir + "/lines"}).deliver(context.Background(), e)
	if !pipeline.Rejected(err) || !strings.Contains(err.Error(), "write it with format: envelope") {
		t.Error(err)
	}
	if err := open(t, SinkConfig{Path: dir + "/env", Format: pipeline.FormatEnvelope}).deliver(context.Background(), e); err != nil {
		t.Error(err)
	}
	wantFile(t, dir+"/env", `{"v":1,"id":"1","body":"<a>\n</a>"}`+"\n")
}

func TestEnvelopeSaysWhatTheEventIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	o := open(t, SinkConfig{Path: path, Format: pipeline.FormatEnvelope})
	full := pipeline.NewEvent("i\"1", []byte("{\n \"n\": 123456789012345678,\n \"s\": \"a b\" }"))
	full.Key, full.Type = "k", "t"
	full.Time = time.Date(2026, 3, 31, 23, 30, 0, 123456789, time.FixedZone("", -7200))
	full.SetMeta("sns.shopId", "1")
	full.SetMeta("leat.late", "true")
	full.SetMeta("leat.late", "false")
	binary := []byte("\x00\xff\n")
	for _, e := range []*pipeline.Event{full, pipeline.NewEvent("2", []byte("text æ\n")), pipeline.NewEvent("3", binary), pipeline.NewEvent("4", nil)} {
		if err := o.deliver(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	wantFile(t, path, `{"v":1,"id":"i\"1","key":"k","time":"2026-04-01T01:30:00.123Z","type":"t","meta":{"leat.late":"false","sns.shopId":"1"},"body":{"n":123456789012345678,"s":"a b"}}
{"v":1,"id":"2","body":"text æ\n"}
{"v":1,"id":"3","body_base64":"`+base64.StdEncoding.EncodeToString(binary)+`"}
{"v":1,"id":"4","body":""}
`)
	for line := range strings.Lines(content(t, path)) {
		if !json.Valid([]byte(line)) {
			t.Error(line)
		}
	}
}

func TestDateInThePathIsTheDayInUTC(t *testing.T) {
	dir := t.TempDir()
	o := open(t, SinkConfig{Path: dir + "/{date}/out-{date}.jsonl"})
	for at, body := range map[time.Time]string{
		time.Date(2026, 3, 31, 1, 0, 0, 0, time.FixedZone("", 7200)):     "1",
		time.Date(2026, 3, 30, 23, 59, 59, 0, time.UTC):                  "2",
		time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC):                     "3",
		time.Date(2026, 3, 30, 20, 0, 0, 0, time.FixedZone("", -4*3600)): "4",
		{}: "5",
	} {
		e := pipeline.NewEvent(body, []byte(body))
		e.Time = at
		if err := o.deliver(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	for day, lines := range map[string]string{"2026-03-30": "1 2", "2026-03-31": "3 4", "undated": "5"} {
		got := strings.Fields(content(t, dir+"/"+day+"/out-"+day+".jsonl"))
		slices.Sort(got)
		want(t, got, strings.Fields(lines)...)
	}
}

func TestManyDaysDoNotKeepManyFilesOpen(t *testing.T) {
	dir := t.TempDir()
	o := open(t, SinkConfig{Path: dir + "/{date}"})
	const days = 3 * maxOpen
	for round := range 2 {
		var wg sync.WaitGroup
		for day := range days {
			wg.Go(func() {
				e := pipeline.NewEvent("", fmt.Append(nil, round))
				e.Time = time.Unix(int64(day)*86400, 0)
				if err := o.deliver(context.Background(), e); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for day := range days {
		wantFile(t, dir+"/"+time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly), "0\n1\n")
	}
	o.write("undated")
	if n := len(o.files.open); n > maxOpen {
		t.Errorf("%d files are open", n)
	}
}

func TestParallelLinesDoNotInterleave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	// Two sinks on the same file, as two flows may have them.
	sinks := []*opened{open(t, SinkConfig{Path: path}), open(t, SinkConfig{Path: path, Fsync: fsyncAlways})}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			for n := range 20 {
				line := strings.Repeat(string(rune('A'+i)), 1+i*n*13)
				if err := sinks[(i+n)%2].deliver(context.Background(), pipeline.NewEvent("", []byte(line))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := 0
	for line := range strings.Lines(content(t, path)) {
		n++
		if line = strings.TrimSuffix(line, "\n"); strings.Trim(line, line[:1]) != "" {
			t.Errorf("mixed line %.80q", line)
		}
	}
	if n != 1000 {
		t.Errorf("%d lines", n)
	}
}

func TestEndOfFileIsMended(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	for name, c := range map[string]struct{ before, after, torn string }{
		"empty file":              {"", "new\n", ""},
		"whole lines":             {"1\ntext\n", "1\ntext\nnew\n", ""},
		"torn line":               {"{\"a\":1}\n{\"a\":", "{\"a\":1}\nnew\n", "{\"a\":\n"},
		"only a torn line":        {"{\"a\":", "new\n", "{\"a\":\n"},
		"whole JSON, no break":    {"1\n{\"a\":1}", "1\n{\"a\":1}\nnew\n", ""},
		"only whole JSON":         {"[1,2]", "[1,2]\nnew\n", ""},
		"a number may go on":      {"1\n12", "1\nnew\n", "12\n"},
		"torn line over blocks":   {"1\n" + long, "1\nnew\n", long + "\n"},
		"break at a block's edge": {strings.Repeat("y", 65536) + "\n" + long[:65536], strings.Repeat("y", 65536) + "\nnew\n", long[:65536] + "\n"},
		"whole JSON over blocks":  {"\"" + long + "\"", "\"" + long + "\"\nnew\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := folder(t, "out", c.before) + "/out"
			o := open(t, SinkConfig{Path: path})
			o.write("new")
			wantFile(t, path, c.after)
			torn, err := os.ReadFile(path + ".torn")
			if string(torn) != c.torn || (err == nil) != (c.torn != "") {
				t.Errorf("torn: %.80q, %v", torn, err)
			}
			if (c.torn != "") != strings.Contains(o.log.String(), "moved aside") {
				t.Errorf("log: %s", o.log.String())
			}
		})
	}
}

func TestTornLinesGatherAside(t *testing.T) {
	path := folder(t, "out", "to", "out.torn", "earlier\n") + "/out"
	open(t, SinkConfig{Path: path}).write("1")
	wantFile(t, path, "1\n")
	wantFile(t, path+".torn", "earlier\nto\n")
}

// stubborn is a file that takes only some bytes of a line, or fails otherwise.
type stubborn struct {
	*os.File
	room     int // how many bytes it takes before it is full; -1: any number
	truncate error
}

func (s *stubborn) Write(p []byte) (int, error) {
	if s.room < 0 || len(p) <= s.room {
		return s.File.Write(p)
	}
	n, err := s.File.Write(p[:s.room])
	return n, errors.Join(err, syscall.ENOSPC)
}

func (s *stubborn) Truncate(size int64) error {
	if s.truncate != nil {
		return s.truncate
	}
	return s.File.Truncate(size)
}

// openStubborn opens a file that holds a line already.
func openStubborn(t *testing.T) (*appender, *stubborn) {
	t.Helper()
	o := open(t, SinkConfig{Path: filepath.Join(t.TempDir(), "out")})
	o.write("first")
	a, err := o.files.get(o.config.Path)
	if err != nil {
		t.Fatal(err)
	}
	s := &stubborn{File: a.f.(*os.File), room: -1}
	a.f = s
	return a, s
}

func TestLineThatDoesNotFitIsTakenBack(t *testing.T) {
	a, disk := openStubborn(t)
	for room := range len("second\n") {
		disk.room = room
		if err := a.append([]byte("second\n")); !errors.Is(err, syscall.ENOSPC) || pipeline.Rejected(err) {
			t.Fatal(err)
		}
		wantFile(t, a.path, "first\n")
	}
	disk.room = -1
	if err := a.append([]byte("second\n")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, a.path, "first\nsecond\n")
}

func TestLineThatCannotBeTakenBackAtOnceIsTakenBackLater(t *testing.T) {
	a, disk := openStubborn(t)
	disk.room, disk.truncate = 3, syscall.EIO
	if err := a.append([]byte("second\n")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	wantFile(t, a.path, "first\nsec")
	if err := a.append([]byte("2nd\n")); !errors.Is(err, syscall.EIO) {
		t.Errorf("a line was written behind a torn one: %v", err)
	}
	disk.room, disk.truncate = -1, nil
	if err := a.append([]byte("third\n")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, a.path, "first\nthird\n")
}

func TestTakingBackLeavesTheLinesOfOthers(t *testing.T) {
	a, disk := openStubborn(t)
	other := open(t, SinkConfig{Path: a.path})
	other.write("of another sink")
	disk.room = 3
	if err := a.append([]byte("second\n")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	wantFile(t, a.path, "first\nof another sink\n")

	if err := os.Truncate(a.path, 0); err != nil { // as logrotate's copytruncate does
		t.Fatal(err)
	}
	if err := a.append([]byte("second\n")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	wantFile(t, a.path, "")
}

func TestTornLineWithLinesOfOthersBehindStays(t *testing.T) {
	a, disk := openStubborn(t)
	other := open(t, SinkConfig{Path: a.path})
	other.write("second")
	disk.room, disk.truncate = 3, syscall.EIO
	if err := a.append([]byte("third\n")); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	other.write("fourth")
	disk.room, disk.truncate = -1, nil
	if err := a.append([]byte("third\n")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, a.path, "first\nsecond\nthifourth\nthird\n")
}

func TestFullDeviceIsNoReasonToGiveUp(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("SKIPPED: there is no /dev/full here")
	}
	err := open(t, SinkConfig{Path: "/dev/full"}).deliver(context.Background(), pipeline.NewEvent("1", []byte("1")))
	if !errors.Is(err, syscall.ENOSPC) || pipeline.Rejected(err) || !strings.Contains(err.Error(), "/dev/full") {
		t.Error(err)
	}
}

func TestRenamedFileIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	o := open(t, SinkConfig{Path: path})
	o.write("1")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	o.clock.advance(time.Second - 1)
	o.write("2")
	o.clock.advance(1)
	o.write("3")
	o.clock.advance(time.Hour)
	o.write("4")
	wantFile(t, path+".1", "1\n2\n")
	wantFile(t, path, "3\n4\n")

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	o.clock.advance(time.Second)
	o.write("5")
	wantFile(t, path, "5\n")
}

func TestFileThatCannotBeFollowedIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	o := open(t, SinkConfig{Path: dir + "/out"})
	o.write("1")
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // in the way of the folder
		t.Fatal(err)
	}
	for range 3 {
		o.clock.advance(time.Second)
		o.deliver(context.Background(), pipeline.NewEvent("2", []byte("2")))
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	o.clock.advance(time.Second)
	o.write("3")
	wantFile(t, dir+"/out", "3\n")
}

func TestPathThatCannotBeWrittenIsNamedAtTheStart(t *testing.T) {
	dir := folder(t, "file", "x\n")
	for path, expect := range map[string]string{
		dir:                      "is a directory",
		dir + "/file/out":        "not a directory",
		"/proc/nowhere/out.json": "/proc/nowhere/out.json",
	} {
		rig := flowtest.Load(t, "version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: {file: "+path+"}}\n", flowtest.Options{Catalog: catalog})
		rig.Run()
		if err := rig.Wait(); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), expect) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestFlowWritesWhatItSettles(t *testing.T) {
	for _, settings := range []string{"{path: PATH}", "{path: PATH, fsync: always}"} {
		path := filepath.Join(t.TempDir(), "out")
		yaml := "version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: {file: " + strings.Replace(settings, "PATH", path, 1) + "}}\n"
		rig := flowtest.Load(t, yaml, flowtest.Options{Catalog: catalog})
		var expect []string
		for i := range 500 {
			rig.Feed.Send(fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i))
			expect = append(expect, fmt.Sprintf(`{"n":%d}`, i))
		}
		rig.Feed.End()
		rig.Run()
		if err := rig.Wait(); err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(content(t, path))
		slices.Sort(got)
		slices.Sort(expect)
		want(t, got, expect...)
	}
}

func TestSinkSettingsThatCannotWork(t *testing.T) {
	for settings, expect := range map[string]string{
		`""`:                          "path: is empty",
		`{format: lines}`:             `"path" is required`,
		`"out-{day}.jsonl"`:           "path: knows no {…} but {date}",
		`{path: a, fsync: sometimes}`: `fsync: want none or always, got "sometimes"`,
		`{path: a, format: json}`:     `want lines or envelope, got "json"`,
	} {
		_, err := flowtest.TryLoad("version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: {file: "+settings+"}}\n", flowtest.Options{Catalog: catalog})
		if err == nil || !strings.Contains(err.Error(), expect) {
			t.Errorf("%s: %v, want %s", settings, err, expect)
		}
	}
}
