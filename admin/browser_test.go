package admin_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/internal/testservers"
)

// hand does to a pipeline what the script of the browser asks for.
type hand struct {
	*rig
	t       *testing.T
	outside *httptest.Server // takes the orders

	mu     sync.Mutex
	front  *httptest.Server // serves the page, at the same address each time
	number int
}

// TestThePage looks at the page with a real browser: testdata/page.mjs says what has to be
// seen there.
func TestThePage(t *testing.T) {
	node, modules, chromium := testservers.Browser(t)
	h := &hand{rig: start(t, func(o *admin.Options) { o.Config.Listen = "127.0.0.1:0" }), t: t}
	h.outside = httptest.NewServer(http.HandlerFunc(h.obey))
	t.Cleanup(h.outside.Close)
	h.connect("127.0.0.1:0")
	t.Cleanup(h.disconnect)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script, err := filepath.Abs("testdata/page.mjs")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, node, script, h.front.URL, h.outside.URL)
	cmd.Env = append(os.Environ(), "LEAT_MODULES="+modules, "LEAT_CHROMIUM="+chromium)
	cmd.Dir = t.TempDir()
	testservers.EndWithParent(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// obey carries out /send?n=…, /break, /mend, /disconnect and /connect.
func (h *hand) obey(w http.ResponseWriter, q *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch q.URL.Path {
	case "/send":
		n := 0
		_, _ = fmt.Sscan(q.URL.Query().Get("n"), &n)
		for range n {
			h.number++
			kind := []string{"scan", "sale", "noise"}[h.number%3]
			h.Feed.Send("", fmt.Sprintf(`{"id":"%d","parcel":"P%d","at":%q,"kind":%q}`, h.number, h.number%7, time.Now().UTC().Format(time.RFC3339), kind))
		}
	case "/poison":
		h.calm.Store(false)
		h.Feed.Send("", `{"id":"<img src=x onerror=alert(1)>","parcel":"P","at":"2026-01-01T00:00:00Z","note":"poison"}`)
	case "/break":
		h.down.Store(true)
	case "/mend":
		h.down.Store(false)
		h.calm.Store(true)
	case "/disconnect":
		h.front.CloseClientConnections()
		h.front.Close()
	case "/connect":
		h.connect(h.front.Listener.Addr().String())
	}
	_, _ = io.WriteString(w, "ok")
}

func (h *hand) connect(address string) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		h.t.Error(err)
		return
	}
	h.front = &httptest.Server{Listener: l, Config: &http.Server{Handler: h.server.Handler(), ReadHeaderTimeout: time.Minute}}
	h.front.Start()
}

func (h *hand) disconnect() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.front.CloseClientConnections()
	h.front.Close()
}
