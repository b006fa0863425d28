package file

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
)

var catalog = pipeline.Catalog{Sources: []pipeline.SourceDef{Source}, Sinks: []pipeline.SinkDef{Sink}}

// load makes a flow of a file source with the given settings.
func load(t *testing.T, settings string) *flowtest.Rig {
	t.Helper()
	yaml := "version: 1\nflows:\n  f: {from: {file: " + settings + "}, to: out, on_error: {dead_letter: dead}}\nsinks: {out: record, dead: record}\n"
	return flowtest.Load(t, yaml, flowtest.Options{Catalog: catalog})
}

// read runs a source to its end and returns its events in their order.
func read(t *testing.T, settings string) []flowtest.Got {
	t.Helper()
	rig := load(t, settings)
	rig.Run()
	if err := rig.Wait(); err != nil {
		t.Fatal(err)
	}
	return inOrder(rig)
}

// inOrder returns what reached the sinks; the source must have numbered it.
func inOrder(rig *flowtest.Rig) []flowtest.Got {
	got := append(rig.Recorder.Got("out"), rig.Recorder.Got("dead")...)
	slices.SortFunc(got, func(a, b flowtest.Got) int { return a.Seq.Compare(b.Seq) })
	return got
}

// readError runs a source that fails.
func readError(t *testing.T, settings string) string {
	t.Helper()
	rig := load(t, settings)
	rig.Run()
	err := rig.Wait()
	if err == nil {
		t.Fatal("no error")
	}
	return err.Error()
}

func bodies(got []flowtest.Got) (out []string) {
	for _, g := range got {
		out = append(out, g.Body)
	}
	return out
}

// folder makes a folder with the given files, as name, content, name, content.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gz(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.String()
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestFilesComeInTheOrderOfTheirNames(t *testing.T) {
	dir := folder(t, "b.jsonl", "3\n4\n", "a.jsonl", "1\n2\n", "c.jsonl.gz", gz("5\n6"), "d.txt", "no\n")
	got := read(t, dir+"/*.jsonl*")
	want(t, bodies(got), "1", "2", "3", "4", "5", "6")
	for i, g := range got {
		if g.Seq != (pipeline.Seq{Message: uint64(i + 1)}) {
			t.Errorf("event %d has number %v", i+1, g.Seq)
		}
	}
	if path := got[4].Meta["file.path"]; path != filepath.Join(dir, "c.jsonl.gz") {
		t.Error(path)
	}
}

func TestNumbersFollowTheOrderOfLinesOverManyBlocks(t *testing.T) {
	var text strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&text, "{\"n\":%d}\n", i)
	}
	for i, g := range read(t, folder(t, "a.jsonl", text.String())+"/a.jsonl") {
		if g.Body != fmt.Sprintf("{\"n\":%d}", i) || g.Seq.Message != uint64(i+1) || g.Meta["file.line"] != fmt.Sprint(i+1) {
			t.Fatalf("event %d is %s, number %v, line %s", i, g.Body, g.Seq, g.Meta["file.line"])
		}
	}
}

func TestBlankLinesCountButAreNoEvents(t *testing.T) {
	got := read(t, folder(t, "a", "\n{\"n\":1}\r\n\r\n  \t\n 2 \n\n3")+"/a")
	want(t, bodies(got), `{"n":1}`, " 2 ", "3")
	places := []string{}
	for _, g := range got {
		places = append(places, g.Meta["file.line"]+"@"+g.Meta["file.offset"])
	}
	want(t, places, "2@1", "5@16", "7@21")
}

func TestEmptyFilesHaveNoEvents(t *testing.T) {
	want(t, bodies(read(t, folder(t, "a", "", "b", "\n\n", "c.gz", gz(""))+"/*")))
}

func TestOversizeLineBecomesADeadLetter(t *testing.T) {
	for name, long := range map[string]string{
		"by a byte":             strings.Repeat("x", 101),
		"more than is kept":     strings.Repeat("y", keepOversize+1),
		"more than a block":     strings.Repeat("z", 3*blockSize+7),
		"carriage return in it": strings.Repeat("w\r", 200) + "w",
	} {
		for _, end := range []string{"\n", "\r\n", ""} {
			t.Run(fmt.Sprintf("%s then %q", name, end), func(t *testing.T) {
				text := "1\n" + long + end
				if end != "" {
					text += "2\n" + strings.Repeat("v", 100) + "\r\n3"
				}
				got := read(t, "{path: "+folder(t, "a", text)+"/a, max_size: 100}")
				dead := letter(t, got[1])
				if d := *dead.Payload; d != long[:min(len(long), keepOversize)] {
					t.Errorf("kept %d bytes", len(d))
				}
				sum := sha256.Sum256([]byte(long))
				if dead.Meta["file.bytes"] != fmt.Sprint(len(long)) || dead.Meta["file.sha256"] != hex.EncodeToString(sum[:]) || dead.Meta["file.line"] != "2" {
					t.Errorf("%v, want %d bytes", dead.Meta, len(long))
				}
				if dead.Stage != "source" || !strings.Contains(dead.Error, "more than max_size (100B)") {
					t.Errorf("%s: %s", dead.Stage, dead.Error)
				}
				got = slices.Delete(got, 1, 2)
				if end == "" {
					want(t, bodies(got), "1")
					return
				}
				want(t, bodies(got), "1", "2", strings.Repeat("v", 100), "3")
				if at := got[1].Meta["file.offset"]; at != fmt.Sprint(2+len(long)+len(end)) || got[3].Meta["file.line"] != "5" {
					t.Errorf("after the long line: offset %s; line %s", at, got[3].Meta["file.line"])
				}
			})
		}
	}
}

func letter(t *testing.T, g flowtest.Got) (d pipeline.DeadLetter) {
	t.Helper()
	if err := json.Unmarshal([]byte(g.Body), &d); err != nil || g.Sink != "dead" {
		t.Fatalf("not a dead letter: %v: %.100s", err, g.Body)
	}
	return d
}

func TestWholeFilesAreOneEventEach(t *testing.T) {
	dir := folder(t, "a.xml", "<a>\n\n</a>\r\n", "b.xml.gz", gz("<b/>"), "c.xml", strings.Repeat("c", 15)+"\r\n", "d.xml", "")
	got := read(t, "{path: "+dir+"/*.xml*, mode: whole, max_size: 16}")
	dead := letter(t, got[2])
	got = slices.Delete(got, 2, 3)
	want(t, bodies(got), "<a>\n\n</a>\r\n", "<b/>", "")
	sum := sha256.Sum256([]byte(strings.Repeat("c", 15) + "\r\n"))
	if *dead.Payload != strings.Repeat("c", 15)+"\r\n" || dead.Meta["file.bytes"] != "17" || dead.Meta["file.sha256"] != hex.EncodeToString(sum[:]) {
		t.Errorf("%q %v", *dead.Payload, dead.Meta)
	}
}

func TestIDsTellLinesApart(t *testing.T) {
	ids := func(settings string) (ids []string) {
		for _, g := range read(t, settings) {
			ids = append(ids, g.ID)
		}
		return ids
	}
	long := strings.Repeat("x", 2*keepOversize)
	dir := folder(t, "a", "same\nsame\nother\n"+long+"1\n", "b", "same\nsame\n")
	a := "{path: " + dir + "/a, max_size: 1KiB}"
	first := ids(a)
	all := append(ids(dir+"/b"), first...)
	if slices.Sort(all); len(slices.Compact(all)) != 6 {
		t.Errorf("ids are not unique: %q", all)
	}
	want(t, ids(a), first...)
	if err := os.WriteFile(dir+"/a", []byte("same\nsome\nother\n"+long+"2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids(a) {
		if changed := i == 1 || i == 3; changed == (id == first[i]) {
			t.Errorf("line %d: %s, before %s", i+1, id, first[i])
		}
	}
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	dir := folder(t, "plain.gz", "not gzip\n", "short.gz", gz("1\n2\n" + strings.Repeat("3\n", 1000))[:30], "locked", "1\n")
	for path, expect := range map[string]string{
		"missing.jsonl": "there is no file",
		"*.jsonl":       "no file matches",
		".":             "is a folder: want its files",
		"plain.gz":      "plain.gz: not gzip",
		"short.gz":      "short.gz: line ",
	} {
		if err := readError(t, filepath.Join(dir, path)); !strings.Contains(err, expect) || !strings.Contains(err, dir) {
			t.Errorf("%s: %s", path, err)
		}
	}
}

func TestUnreadableFileIsNamed(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("SKIPPED: root may read every file; run the tests as another user")
	}
	dir := folder(t, "locked", "1\n")
	if err := os.Chmod(dir+"/locked", 0); err != nil {
		t.Fatal(err)
	}
	if err := readError(t, dir+"/locked"); !strings.Contains(err, "locked may not be read: permission denied") {
		t.Error(err)
	}
}

func TestLinesBeforeTheBreakOfAFileAreRead(t *testing.T) {
	text := gz(strings.Repeat("{\"n\":1}\n", 100_000))
	rig := load(t, folder(t, "a.gz", text[:len(text)/2])+"/a.gz")
	rig.Run()
	err := rig.Wait()
	if err == nil || !strings.Contains(err.Error(), "a.gz: line ") || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Fatal(err)
	}
	n := len(rig.Recorder.Got("out"))
	if n == 0 || !strings.Contains(err.Error(), fmt.Sprintf("line %d:", n+1)) {
		t.Errorf("%d lines, and then: %v", n, err)
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	for settings, expect := range map[string]string{
		`""`:                           "path: is empty",
		`"in/[a.jsonl"`:                "path: not a pattern: a [ has no ]",
		`{path: a, mode: line}`:        `mode: want lines or whole, got "line"`,
		`{path: a, max_size: 0}`:       "max_size: must be at least 1 byte",
		`{path: a, max_size: 1 litre}`: "want a size such as",
		`{mode: lines}`:                `"path" is required`,
	} {
		_, err := flowtest.TryLoad("version: 1\nflows: {f: {from: {file: "+settings+"}, to: out}}\nsinks: {out: record}\n", flowtest.Options{Catalog: catalog})
		if err == nil || !strings.Contains(err.Error(), expect) {
			t.Errorf("%s: %v, want %s", settings, err, expect)
		}
	}
}
