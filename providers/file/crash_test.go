package file

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// writeUntilKilled has the test binary append to the file that it names.
const writeUntilKilled = "LEAT_TEST_WRITE_UNTIL_KILLED"

// lineSize is so large that a kill finds the writer in the middle of a line.
const lineSize = 4 << 20

// writeForEver appends lines of that size and prints the number of each once it
// is settled.
func writeForEver(path string) {
	s := newSink(SinkConfig{Path: path, Format: pipeline.FormatLines}, pipeline.System, slog.Default())
	fill := strings.Repeat("x", lineSize)
	for n := 0; ; n++ {
		line := fmt.Appendf(make([]byte, 0, lineSize), `{"n":%d,"fill":"`, n)
		line = append(append(line, fill[:lineSize-len(line)-3]...), `"}`...)
		if err := s.deliver(context.Background(), pipeline.NewEvent("", line)); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(n)
	}
}

func TestKilledWriterLosesNothingThatWasSettled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	settled := 0               // lines of a number below this
	for torn := 0; torn < 3; { // most kills tear a line
		settled = max(settled, writeAndKill(t, path))
		if size(path)%lineSize != 0 {
			torn++
		}
		if err := open(t, SinkConfig{Path: path}).files.openNow(path); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[int]int{}
	for line := range strings.Lines(content(t, path)) {
		var e struct{ N int }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%.40q…: %v", line, err)
		}
		counts[e.N]++
	}
	for n := range settled {
		if counts[n] == 0 {
			t.Errorf("line %d is lost", n)
		}
	}
}

// writeAndKill kills a writer in the middle of a line, after some whole ones, and
// returns how many lines it said were settled.
func writeAndKill(t *testing.T, path string) (settled int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), writeUntilKilled+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	enough := size(path) + 2*lineSize
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		for n := int64(0); (n < enough || n%lineSize == 0) && !closed(ended); n = size(path) {
		}
		child.Process.Kill()
	})
	for scanner := bufio.NewScanner(out); scanner.Scan(); settled++ {
		if scanner.Text() != fmt.Sprint(settled) {
			t.Error(scanner.Text())
		}
	}
	close(ended)
	killer.Wait()
	child.Wait()
	return settled
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
