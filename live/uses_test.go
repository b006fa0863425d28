package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/pipeline"
)

const preset = `preset: mine
source: {a: {}}
stages: [{identify: {id: body.id}}]
`

const withPreset = `
version: 1
presets: [./mine.yaml]
flows:
  one: {from: {mine: {}}, to: out}
  two: {from: {b: {}}, to: out}
sinks: {out: {record: {}}}
`

func TestAPresetIsAPartOfADeclaration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(withPreset)
		r.write("mine.yaml", preset)
		r.run(t)
		hash := r.Status().Hash
		r.write("mine.yaml", strings.Replace(preset, "body.id", "[body.id, body.n]", 1))
		s := r.mustTo(t, withPreset)
		if !slices.Equal(s.Last.Change.Replaced, []string{"one"}) || !slices.Equal(s.Last.Change.Kept, []string{"two"}) || s.Hash == hash {
			t.Errorf("%+v", s)
		}
	})
}

func TestAFileThatAPartUsesIsAPartOfADeclaration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reloads atomic.Int64
		r := newRig(strings.Replace(two, "filter: 'body.n != 0'", "using: {}", 1))
		r.more = func(c *pipeline.Catalog) {
			c.Stages = append(c.Stages, pipeline.DefineStage("using", struct{}{}, func(_ struct{}, env *pipeline.Env) (pipeline.Stage, error) {
				env.Uses("key.pem", "")
				env.OnReload(func() { reloads.Add(1) })
				return pipeline.Map(func(context.Context, *pipeline.Event) error { return nil }), nil
			}))
		}
		r.write("key.pem", "one")
		r.run(t)
		if s := r.mustTo(t, r.files[file]); !s.Last.Change.Empty() || reloads.Load() != 1 {
			t.Errorf("%+v, told %d times", s.Last.Change, reloads.Load())
		}
		r.write("key.pem", "two")
		if s := r.mustTo(t, r.files[file]); !slices.Equal(s.Last.Change.Replaced, []string{"two"}) || reloads.Load() != 1 {
			t.Errorf("%+v, told %d times", s.Last.Change, reloads.Load())
		}
	})
}

// The state file and the spool are locked for as long as they are open.
func TestAStateFileAndASpoolAreFreeForWhatComesNext(t *testing.T) {
	t.Chdir(t.TempDir())
	yaml := `
version: 1
state: {embedded: {path: state.db}}
flows:
  one: {from: {a: {spool: true}}, stages: [{identify: {id: body.id}}, {dedupe: {ttl: 1h}}], to: out}
sinks: {out: {record: {}}}
`
	r := start(t, yaml)
	for i := range 6 {
		for j := range 20 {
			r.a.Send(fmt.Sprint(i, "-", j), fmt.Sprintf(`{"id":"%d-%d"}`, i, j))
		}
		switch text := yaml; i {
		case 0: // another flow, which opens the same spool
			r.mustTo(t, strings.Replace(text, "ttl: 1h", "ttl: 2h", 1))
		case 1: // another state, in a file that is not there yet
			r.mustTo(t, strings.Replace(text, "state.db", "other.db", 1))
		case 2: // the first one again
			r.mustTo(t, text)
		case 3: // one that cannot be opened
			if err := os.MkdirAll(filepath.Join("folder", "x"), 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := r.to(strings.Replace(text, "state.db", "folder", 1)); err == nil {
				t.Error("a folder was opened as a state file")
			}
		case 4: // nothing else
			if s := r.mustTo(t, text+"# the end\n"); !s.Last.Change.Empty() {
				t.Errorf("%+v", s.Last.Change)
			}
		}
	}
	for len(r.got.IDs("out")) < 120 {
		select {
		case <-r.ended:
			t.Fatalf("it ended: %v", r.err)
		default:
			runtime.Gosched()
		}
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, id := range r.got.IDs("out") {
		seen[id] = true
	}
	if len(seen) != 120 || len(r.got.IDs("out")) != 120 {
		t.Errorf("%d events, %d different", len(r.got.IDs("out")), len(seen))
	}
}
