package templates_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/go-plugin"

	contract "github.com/leat-io/leat/plugins/proto"
)

func TestWhatIsPrintedGoesToTheLog(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		c := converse(t, r, &contract.ConfigureRequest{})
		c.ask(`{"do":"print","text":"1|1|unix|/tmp/other|grpc|"}`)
		c.ask(`{"do":"fail"}`)
		c.end()
		r.client.Kill()
		for _, want := range []string{"before it serves", "1|1|unix|/tmp/other|grpc|", "no luck"} {
			if !strings.Contains(r.stderr.String(), want) {
				t.Errorf("%q is not in %q", want, r.stderr)
			}
		}
	})
}

func TestShutdownEndsTheProcessWhenTheStreamHasEnded(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		c := converse(t, r, &contract.ConfigureRequest{})
		held := c.send(`{"do":"hold"}`)
		if err := r.conn.Invoke(t.Context(), "/plugin.GRPCController/Shutdown", &contract.Work{}, &contract.Work{}); err != nil {
			t.Fatal(err)
		}
		c.ask(`{"do":"release"}`) // goes on until leat ends the stream
		if c.result(held[0]).GetEmit() == nil {
			t.Error("what was under way is lost")
		}
		c.end()
		r.mustEnd()
		if code := r.process.cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit code %d\n%s", code, r.stderr.end())
		}
	})
}

func TestTheProcessEndsWithItsStandardInput(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		c := converse(t, r, &contract.ConfigureRequest{})
		c.send(`{"do":"stuck"}`, `{"do":"hold"}`)
		if err := r.process.cmd.Process.Signal(os.Interrupt); err != nil { // is leat's business
			t.Fatal(err)
		}
		c.ask(`{}`)
		if err := r.process.stdin.Close(); err != nil {
			t.Fatal(err)
		}
		r.mustEnd()
	})
}

func TestAStreamThatBreaksLeavesRoomForAnother(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		r := p.start(t)
		ctx, cancel := context.WithCancel(t.Context())
		c := converse(t, r, &contract.ConfigureRequest{})
		broken, err := r.Handle(ctx)
		if err != nil {
			t.Fatal(err)
		}
		work := &contract.Work{}
		for seq := range c.first {
			work.Events = append(work.Events, &contract.Event{Seq: uint64(seq), Payload: []byte(`{"do":"hold"}`)})
		}
		if err := broken.Send(work); err != nil {
			t.Fatal(err)
		}
		if _, err := broken.Recv(); err != nil {
			t.Fatal(err)
		}
		cancel()
		c.ask(`{}`) // waits for its turn behind those that stop
		c.end()
	})
}

func TestWithoutLeatThePluginSaysWhatItIs(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		wrong := plugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "LEAT_PLUGIN", MagicCookieValue: "other"}
		if _, err := p.try(t, wrong); err == nil {
			t.Error("it takes another program for leat")
		}
		for _, env := range []string{"LEAT_PLUGIN=other", "A=b"} {
			if said := p.mustFail(t, env); !strings.Contains(said, "is a plugin of leat, which starts it") || !strings.Contains(said, "tls: false") {
				t.Errorf("%s: %s", env, said)
			}
		}
		if said := p.mustFail(t, "LEAT_PLUGIN=4c656174", "PLUGIN_CLIENT_CERT=x"); !strings.Contains(said, "write `tls: false`") {
			t.Errorf("asked for TLS: %s", said)
		}
	})
}

func TestAMissingPackageIsNamed(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		want := "npm install @grpc/grpc-js"
		if p.language == "python" {
			want = "apt install python3-grpcio"
			writeFile(t, p.folder+"/grpc.py", []byte("raise ImportError('No module named grpc')\n"))
		} else if err := os.Remove(p.folder + "/node_modules"); err != nil {
			t.Fatal(err)
		}
		if said := p.mustFail(t, "LEAT_PLUGIN=4c656174"); !strings.Contains(said, want) {
			t.Error(said)
		}
	})
}

// mustFail runs the program without leat until it ends, and returns what it said.
func (p program) mustFail(t *testing.T, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), enough)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	cmd.Env = append(append([]string{}, p.env...), env...)
	said, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("it ended as if all were well: %s", said)
	}
	return string(said)
}
