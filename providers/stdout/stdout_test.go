package stdout

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// printed runs a flow into standard output and returns what it printed.
func printed(t *testing.T, sink string, payloads ...string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = before }()
	rig := flowtest.Load(t, "version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: "+sink+"}\n",
		flowtest.Options{Catalog: pipeline.Catalog{Sinks: []pipeline.SinkDef{Sink}}})
	for i, p := range payloads {
		rig.Feed.Send(fmt.Sprint(i+1), p)
	}
	rig.Feed.End()
	rig.Run()
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		r.Close()
		text <- string(b)
	}()
	if err := rig.Wait(); err != nil {
		t.Error(err)
	}
	w.Close()
	return <-text
}

func TestLinesArePrintedAsTheyAre(t *testing.T) {
	if got := printed(t, "stdout", `{ "n": 1.50 }`); got != "{ \"n\": 1.50 }\n" {
		t.Errorf("%q", got)
	}
	if got := printed(t, "stdout", "[\n1\n]"); got != "[1]\n" {
		t.Errorf("%q", got)
	}
}

func TestEnvelope(t *testing.T) {
	if got := printed(t, "{stdout: {format: envelope}}", "a\nb"); got != `{"v":1,"id":"1","body":"a\nb"}`+"\n" {
		t.Errorf("%q", got)
	}
}

func TestParallelLinesDoNotMix(t *testing.T) {
	var payloads []string
	for i := range 300 {
		payloads = append(payloads, strings.Repeat(string(rune('a'+i%26)), 1+i*37))
	}
	lines := strings.Split(strings.TrimSuffix(printed(t, "stdout", payloads...), "\n"), "\n")
	if len(lines) != len(payloads) {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if strings.Trim(line, line[:1]) != "" {
			t.Errorf("mixed line %.80q", line)
		}
	}
}
