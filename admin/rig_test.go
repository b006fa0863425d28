package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leat-io/leat/admin"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/file"
	"github.com/leat-io/leat/stages"
)

const flows = `version: 1
flows:
  parcels:
    from: {feed: {}}
    stages:
      - decode: {format: json}
      - identify: {id: body.id, key: body.parcel, time: {from: body.at, layout: rfc3339}}
      - dedupe: {ttl: 1h}
      - reorder: {window: 1s}
      - {filter: 'body.kind != "noise"', name: quiet}
      - route:
          - {when: 'body.kind == "sale"', to: {flow: shop}}
          - {to: erp}
    on_error: {dead_letter: dead, retry: {backoff: 50ms..200ms}}
  shop: {from: {link: {}}, to: erp}
sinks:
  erp: {record: {}}
  dead: {file: {path: %q}}
`

// rig is a pipeline that runs, with its server.
type rig struct {
	*flowtest.Rig
	server *admin.Server
	down   atomic.Bool // the sink erp fails
	calm   atomic.Bool // it takes poison too
}

func start(t *testing.T, change func(*admin.Options)) *rig {
	t.Helper()
	r := &rig{}
	r.Rig = flowtest.Load(t, fmt.Sprintf(flows, filepath.Join(t.TempDir(), "dead.jsonl")), flowtest.Options{
		Catalog: pipeline.Catalog{Stages: stages.All(), Sinks: []pipeline.SinkDef{file.Sink}},
		Fail: func(_ string, e *pipeline.Event, _ int) error {
			if r.down.Load() {
				return errors.New("connection refused")
			}
			if body, _ := e.Bytes(); strings.Contains(string(body), "poison") && !r.calm.Load() {
				return pipeline.Reject(errors.New("not today"))
			}
			return nil
		},
	})
	o := admin.Options{Pipeline: func() *pipeline.Pipeline { return r.Pipeline }, Version: "test"}
	if change != nil {
		change(&o)
	}
	var err error
	if r.server, err = admin.New(o); err != nil {
		t.Fatal(err)
	}
	r.Run()
	t.Cleanup(func() {
		if err := errors.Join(r.server.Close(), r.Stop()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// ask sends a request as curl on this machine would.
func ask(r http.Handler, method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	q := httptest.NewRequestWithContext(context.Background(), method, "http://localhost:7070"+path, strings.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(q)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	return w
}

// want asks, and reads the answer, which must have a status.
func want[T any](t *testing.T, r *rig, status int, method, path, body string) (out T) {
	t.Helper()
	w := ask(r.server.Handler(), method, path, body, nil)
	text, _ := io.ReadAll(w.Body)
	if w.Code != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, text)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return out
}
