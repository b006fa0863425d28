package host

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

func TestARepairedPluginDoesNotWaitForTheNextAttempt(t *testing.T) {
	run := filepath.Join(t.TempDir(), "plugin")
	write := func(script string) {
		if err := os.WriteFile(run, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("exec " + self(t))
	r := newRig(t, nil, "{}", func(c *Config) { c.Run, c.Watch = run, true })
	r.options.Folder = filepath.Dir(run)
	r.pace.first, r.pace.longest = time.Hour, time.Hour
	r.start()
	write("exit 7")
	r.await("a failed replacement", func() bool { return r.counts.of("replacements_failed") > 0 })
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() { defer close(gone); _, _ = r.Handle(ctx, pipeline.NewEvent("crash", []byte("crash"))) }()
	r.await("a death", func() bool { return strings.Contains(r.logged(), "the plugin died") })
	cancel()
	<-gone
	write("exec " + self(t) + " # repaired")
	r.passes("echo")
}
