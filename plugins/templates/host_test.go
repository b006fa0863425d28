package templates_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/plugins/host"
)

// host starts the plugin as leat does, until the end of the test.
func (p program) host(t *testing.T, change func(*host.Config)) *host.Host {
	t.Helper()
	config := host.Defaults
	config.Run, config.TLS, config.StartTimeout = p.executable(t), false, enough
	change(&config)
	log := slog.New(slog.NewTextHandler(testLog{t}, nil))
	h := host.New(config, host.Options{Flow: "f", Name: "n", Folder: p.folder, Log: log})
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// executable has the program name what runs it.
func (p program) executable(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.command[1])
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	writeFile(t, p.command[1], append([]byte("#!"+p.command[0]+"\n"), rest...))
	return p.command[1]
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

func TestNothingIsLostWhenThePluginIsKilled(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		h := p.host(t, func(*host.Config) {})
		ctx, cancel := context.WithTimeout(t.Context(), enough)
		defer cancel()
		var all sync.WaitGroup
		for n := range 300 {
			payload := fmt.Sprintf(`{"n":%d}`, n)
			if n == 50 || n == 200 {
				payload = fmt.Sprintf(`{"do":"die once","file":%q}`, filepath.Join(p.folder, fmt.Sprint("died-", n)))
			}
			all.Go(func() {
				result, err := h.Handle(ctx, pipeline.NewEvent(fmt.Sprint(n), []byte(payload)))
				if err != nil || len(result.GetEmit().GetEvents()) != 1 {
					t.Errorf("%s: %v %v", payload, result, err)
				}
			})
		}
		all.Wait()
		for _, n := range []int{50, 200} {
			if _, err := os.Stat(filepath.Join(p.folder, fmt.Sprint("died-", n))); err != nil {
				t.Errorf("nobody died of %d", n)
			}
		}
	})
}

func TestAnEventWhoseTimeIsUpStopsAlone(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		h := p.host(t, func(c *host.Config) { c.Timeout = 200 * time.Millisecond })
		ctx, cancel := context.WithTimeout(t.Context(), enough)
		defer cancel()
		if _, err := h.Handle(ctx, pipeline.NewEvent("held", []byte(`{"do":"hold"}`))); err == nil {
			t.Error("it was handled")
		}
		if _, err := h.Handle(ctx, pipeline.NewEvent("next", []byte(`{}`))); err != nil {
			t.Error(err)
		}
	})
}
