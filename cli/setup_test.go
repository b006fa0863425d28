package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/providers/sqs/sqstest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

// setupOf runs leat setup in a folder and returns what it said.
func setupOf(t *testing.T, dir string, code int, args ...string) string {
	t.Helper()
	p := start(t, dir, nil, append([]string{"setup"}, args...)...)
	<-p.ended
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("leat setup %v: exit code %d, want %d:\n%s", args, got, code, p.said)
	}
	return p.said.String()
}

func TestSetupMakesWhatIsMissingOnce(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{Region: "eu-west-1"})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  parcels:
    from: {di: {queue: parcels, endpoint: %q, access_key_id: test}}
    setup: {create_queue: true}
    stages: [dedupe: {ttl: 120h}]
    to: out
sinks:
  out: {file: out.jsonl}
`, s.URL))
	out := setupOf(t, dir, 0, "parcels")
	if _, made := s.Queue("parcels"); made || !strings.Contains(out, "  create   queue parcels\n") || !strings.Contains(out, "Nothing was changed. The same with --apply") {
		t.Errorf("%s", out)
	}
	out = setupOf(t, dir, 0, "parcels", "--apply")
	if !strings.Contains(out, "  create   queue parcels … done\n") || !strings.Contains(out, "All of it is done.") || !strings.Contains(out, s.QueueARN("parcels")) {
		t.Errorf("%s", out)
	}
	out = setupOf(t, dir, 0, "parcels", "--apply")
	if !strings.Contains(out, "  keep     policy of queue parcels: it lets DI's topic send\n") || !strings.Contains(out, "There is nothing to make.") {
		t.Errorf("%s", out)
	}
	if n := s.Calls()["SetQueueAttributes"]; n != 1 {
		t.Errorf("the policy was set %d times", n)
	}
}

func TestSetupThatFailsSaysWhatIsLeft(t *testing.T) {
	s := sqstest.New(t, sqstest.Options{Region: "eu-west-1", Deny: []string{"CreateQueue"}})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  parcels: {from: {di: {queue: parcels, endpoint: %q, access_key_id: test}}, setup: {create_queue: true}, stages: [dedupe: {ttl: 120h}], to: out}
sinks:
  out: {file: out.jsonl}
`, s.URL))
	out := setupOf(t, dir, 1, "parcels", "--apply")
	if !strings.Contains(out, `queue parcels … failed: queue "parcels": CreateQueue: AccessDenied`) || !strings.Contains(out, "0 of 2 done, 1 failed, 1 not tried. Run the same again to go on") {
		t.Errorf("%s", out)
	}
}

func TestSetupSaysWhichQueueTikiMade(t *testing.T) {
	s := tikitest.New(t, tikitest.Options{SellerTokens: []string{"seller-token"}})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "pipeline.yaml"), fmt.Sprintf(`
version: 1
flows:
  orders:
    from: {tiki: {queue: new, client_id: client, client_secret: secret, base_url: %q, token_url: %q}}
    setup: {queue_name: orders, seller_token: seller-token, types: ORDER_CREATED}
    stages: [dedupe: {ttl: 192h}]
    to: out
sinks:
  out: {file: out.jsonl}
`, s.BaseURL, s.TokenURL))
	for run, want := range []string{"All of it is done.", "There is nothing to make."} {
		out := setupOf(t, dir, 0, "orders", "--apply")
		if !strings.Contains(out, want) || !strings.Contains(out, "from: {tiki: {queue: 5e1f") || strings.Contains(out, "seller-token") {
			t.Errorf("run %d: %s", run, out)
		}
	}
	if calls := s.Calls(); calls[tikitest.CreateQueue] != 1 || calls[tikitest.CreateSubscription] != 1 {
		t.Errorf("%v", calls)
	}
}
