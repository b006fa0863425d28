// Package http runs the flows of this folder and sends them the requests of its
// README.
package http

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/cli"
	"github.com/leat-io/leat/pipeline"
)

const (
	handedIn  = `{"parcel":"370600000000000011","what":"handed in"}`
	delivered = `{"parcel":"370600000000000011","what":"delivered"}`
)

func TestEventsOverHTTPArriveOnce(t *testing.T) {
	front := start(t)
	post(t, front, "1", handedIn)
	post(t, front, "2", delivered)
	post(t, front, "2", delivered)
	// The answer comes after the event is in the file: nothing to wait for.
	wantFile(t, "out/received.jsonl", handedIn+"\n"+delivered+"\n")
}

func TestWhatIsNotJSONIsADeadLetter(t *testing.T) {
	front := start(t)
	post(t, front, "1", "not JSON")
	wantFile(t, "out/received.jsonl", "")
	if dead, err := os.ReadFile("out/dead.jsonl"); err != nil || !strings.Contains(string(dead), `"payload":"not JSON"`) {
		t.Errorf("dead letters: %q, %v", dead, err)
	}
}

// start runs the flows in a folder of their own until the test ends, and returns
// the URL that takes events.
func start(t *testing.T) (url string) {
	t.Helper()
	file, err := filepath.Abs("pipeline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	t.Setenv("FRONT", freeAddress(t))
	t.Setenv("BACK", freeAddress(t))
	p, err := pipeline.Load(file, pipeline.Options{Catalog: cli.StandardCatalog()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + os.Getenv("FRONT") + "/events"
}

// freeAddress returns an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// post sends an event, again until the flows listen.
func post(t *testing.T, url, key, body string) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond) // until the listener of another goroutine is there
	defer again.Stop()
	for deadline := time.Now().Add(10 * time.Second); ; {
		status, err := tryPost(t, url, key, body)
		if err == nil && status == http.StatusNoContent {
			return
		}
		if err == nil || time.Now().After(deadline) {
			t.Fatalf("POST: status %d, %v", status, err)
		}
		<-again.C
	}
}

func tryPost(t *testing.T, url, key, body string) (status int, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Idempotency-Key", key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s: %q, %v, want %q", path, got, err, want)
	}
}
