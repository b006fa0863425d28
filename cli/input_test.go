package cli

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// toFile is a flow from a file to a file.
const toFile = `version: 1
state: {memory: {}}
flows:
  orders:
    from: {file: in.jsonl}
    stages: [decode: json]
    to: out
    on_error: {dead_letter: dead}
sinks:
  out: {file: out.jsonl}
  dead: {file: dead.jsonl}
`

// runToFile runs input through the flow and returns what became of it.
func runToFile(t *testing.T, input string) (delivered []string, dead []letter) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), toFile)
	write(t, filepath.Join(dir, "in.jsonl"), input)
	start(t, dir, nil, "run").mustExit(exitOK)
	return linesOf(t, filepath.Join(dir, "out.jsonl")), lettersOf(t, linesOf(t, filepath.Join(dir, "dead.jsonl")))
}

func TestHugeLineIsADeadLetterWithItsBeginning(t *testing.T) {
	const size = 100 << 20
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), toFile)
	input := filepath.Join(dir, "in.jsonl")
	write(t, input, `{"before":1}`+"\n"+`{"huge":"`)
	if err := os.Truncate(input, size); err != nil { // the rest are zeros, which take no room on the disk
		t.Fatal(err)
	}
	appendTo(t, input, "\n"+`{"after":1}`+"\n")
	p := start(t, dir, nil, "run").mustExit(exitOK)
	p.mustSumUp(map[string]int{"read": 3, "delivered": 2, "dead letters": 1})
	l := lettersOf(t, linesOf(t, filepath.Join(dir, "dead.jsonl")))[0]
	if l.Stage != "source" || !strings.Contains(l.Error, "are more than max_size (1MiB) allows; the first 65536 are kept") {
		t.Errorf("stage %q, error %q", l.Stage, l.Error)
	}
	if kept := l.original(); len(kept) != 64<<10 || !strings.HasPrefix(kept, `{"huge":"`) {
		t.Errorf("%d bytes are kept: %.20q", len(kept), kept)
	}
	usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if most := int64(memoryAtMost >> 10); ok && usage.Maxrss > most {
		t.Errorf("it took %d KiB of memory, want at most %d", usage.Maxrss, most)
	}
}

func TestDeepJSONIsADeadLetter(t *testing.T) {
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	objects := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	delivered, dead := runToFile(t, deep+"\n{}\n"+objects+"\n")
	if len(delivered) != 1 || len(dead) != 2 {
		t.Fatalf("%d delivered, %d dead letters", len(delivered), len(dead))
	}
	for _, l := range dead {
		if l.Stage != "decode" || !strings.Contains(l.Error, "nested deeper than 64 levels") || l.original() != deep && l.original() != objects {
			t.Errorf("stage %q, error %q", l.Stage, l.Error)
		}
	}
}

func TestBytesThatAreNoTextAreKept(t *testing.T) {
	broken := "{\"name\":\"\xe6\xf8\xe5\"}"
	delivered, dead := runToFile(t, broken+"\n{\"name\":\"æøå\"}\n")
	if len(delivered) != 1 || len(dead) != 1 {
		t.Fatalf("%d delivered, %d dead letters", len(delivered), len(dead))
	}
	if l := dead[0]; string(l.PayloadBase64) != broken || !strings.Contains(l.Error, "invalid UTF-8 at byte 9") {
		t.Errorf("error %q, payload %s", l.Error, base64.StdEncoding.EncodeToString(l.PayloadBase64))
	}
}
