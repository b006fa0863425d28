package cli

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDiskPausesTheFlow has the process write up to a limit, in the middle
// of a line, and raises the limit when it has noticed.
func TestFullDiskPausesTheFlow(t *testing.T) {
	f := newFeed(9, 2_000)
	flow := newParcelFlow(t, f, inMemory)
	p := startProgram(t, flow.dir, []string{"IN=in.jsonl", "OUT=out"}, "sh", "-c", "ulimit -S -f 97; exec leat run")
	p.awaitText(`sink is failing: its flows pause until it works again.*"sink":"rest".*file too large`)
	var limit unix.Rlimit
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	p.mustExit(exitOK)
	p.mustSay(`sink works again.*"sink":"rest"`)
	flow.mustHoldOnce()
}

// TestDeviceThatIsFullIsReplaced has a sink write to a full device behind a
// link, which then points to a file.
func TestDeviceThatIsFullIsReplaced(t *testing.T) {
	f := newFeed(10, 500)
	flow := newParcelFlow(t, f, inMemory)
	if err := os.MkdirAll(filepath.Dir(flow.rest), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", flow.rest); err != nil {
		t.Fatal(err)
	}
	p := flow.start()
	p.awaitText(`sink is failing: its flows pause until it works again.*no space left on device`)
	if err := os.Remove(flow.rest); err != nil {
		t.Fatal(err)
	}
	p.mustExit(exitOK)
	flow.mustHoldOnce()
}
