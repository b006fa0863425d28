package pipeline_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers"
	"github.com/leat-io/leat/state"
)

// files writes files into a new directory and returns their paths.
func files(t *testing.T, texts ...string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i, text := range texts {
		paths = append(paths, filepath.Join(dir, fmt.Sprintf("%d.yaml", i)))
		if err := os.WriteFile(paths[i], []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func full() pipeline.Catalog {
	c := standard()
	c.Sources, c.Sinks, c.States = providers.Sources(), providers.Sinks(), state.All()
	return c
}

const base = `
version: 1
flows:
  f:
    from: {file: {path: in.jsonl}}
    stages: [filter: body.a == "x"]
    to: [out, spare]
sinks:
  out: {file: {path: out.jsonl}}
  spare: {file: {path: spare.jsonl}}
`

func TestOverlaysMergeMapsAndReplaceTheRest(t *testing.T) {
	for _, c := range []struct{ name, overlay, problem string }{
		{"a list is replaced", "flows: {f: {to: [out]}}", `no event reaches sink "spare"`},
		{"an entry is added", "sinks: {third: {stdout: {}}}", `no event reaches sink "third"`},
		{"an entry is replaced", "flows: {f: {stages: [filter: body.a ==]}}", "the expression ends too early"},
		{"another flow is added", "flows: {g: {from: {file: {path: in.jsonl}}, to: nowhere}}", `there is no sink "nowhere"`},
		{"nothing changes", "", ""},
	} {
		paths := files(t, base, c.overlay)
		report := pipeline.Check(paths[0], pipeline.Options{Catalog: full(), Overlays: paths[1:]})
		err := report.Err()
		switch {
		case c.problem == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%s: %v, want %s", c.name, err, c.problem)
		}
	}
}

func TestProblemsNameTheFileThatHasThem(t *testing.T) {
	paths := files(t, base, "sinks:\n  out: {file: {pth: x}}\n")
	err := pipeline.Check(paths[0], pipeline.Options{Catalog: full(), Overlays: paths[1:]}).Err()
	if err == nil || !strings.Contains(err.Error(), paths[1]+":2:") {
		t.Errorf("got %v, want it at %s", err, paths[1])
	}
	_, err = pipeline.Load(paths[0]+".nope", pipeline.Options{Catalog: full(), Overlays: []string{"neither.yaml"}})
	if err == nil || !strings.Contains(err.Error(), "0.yaml.nope: there is no such file") || !strings.Contains(err.Error(), "neither.yaml: there is no such file") {
		t.Errorf("missing files: %v", err)
	}
}

func TestFilesThatAreNoPipelineAreRefused(t *testing.T) {
	const rest = "\nflows: {f: {from: feed, to: out}}\nsinks: {out: record}\n"
	for text, want := range map[string]string{
		"":                               "the file is empty",
		"# nothing":                      "the file is empty",
		rest:                             `"version" is missing: write "version: 1"`,
		"version: 2" + rest:              "version 2 is newer than this leat understands (1)",
		"version: 0" + rest:              "there is no version 0",
		"version: 1\nflows: {}":          "want at least one flow",
		"version: 1\nflows: []":          "flows: want at least one flow",
		"version: 1":                     "flows",
		"version: 1\nflow: {}" + rest:    "flow",
		"version: 1\nstate: nope" + rest: `unknown state store "nope"`,
		"version: 1\nflows: {a b: {from: feed, to: out}}\nsinks: {out: record}":                                                                           "may not be empty or hold spaces",
		"version: 1\nflows: {f: {from: fed, to: out}}\nsinks: {out: record}":                                                                              `did you mean "feed"?`,
		"version: 1\nflows: {f: {from: feed}}\nsinks: {out: record}":                                                                                      "reach no sink",
		"version: 1\nflows: {f: {from: [], to: out}}\nsinks: {out: record}":                                                                               "the list of sources is empty",
		"version: 1\nflows: {f: {from: feed, to: []}}\nsinks: {out: record}":                                                                              "the list of targets is empty",
		"version: 1\nflows: {f: {from: feed, to: out, max_in_flight: 0}}\nsinks: {out: record}":                                                           "must be at least 1",
		"version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: {record: {}, max_in_flight: -1}}":                                                    "must be at least 1",
		"version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: {record: {}, rate: fast}}":                                                           "want a rate such as 10/s",
		"version: 1\nflows: {f: {from: feed, to: out}}\nsinks: {out: {record: {}, file: {}}}":                                                             "a sink type has one type",
		"version: 1\nflows: {f: {from: feed, stages: {filter: id}, to: out}}\nsinks: {out: record}":                                                       "stages: want a list",
		"version: 1\nflows: {f: {from: feed, stages: [{filter: 'id == \"\"', name: x}, {filter: 'id == \"\"', name: x}], to: out}}\nsinks: {out: record}": `has a stage named "x" already`,
	} {
		if got := problemsOf(text, flowtest.Options{Catalog: standard()}); !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// A value that came from the environment may be a secret wherever it stands.
func TestValuesFromTheEnvironmentAreInNoProblem(t *testing.T) {
	const secret = "hunter2-and-more"
	env := map[string]string{"S": secret}
	for _, text := range []string{
		"flows: {f: {from: feed, to: '${S}'}}\nsinks: {out: record}\n",
		"flows: {f: {from: '${S}', to: out}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, to: {flow: '${S}'}}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, stages: ['${S}'], to: out}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, stages: [filter: 'body.a == ${S}'], to: out}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, stages: [{filter: 'id == \"\"', name: '${S}'}, {filter: 'id == \"\"', name: '${S}'}], to: out}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, stages: [{split: '${S}'}], to: out}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, stages: [{identify: {id: '${S}'}}], to: out}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, to: out, max_in_flight: '${S}'}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, to: out}}\nsinks: {out: {record: {}, rate: '${S}'}}\n",
		"flows: {f: {from: feed, to: out, on_error: {retry: {backoff: '${S}'}}}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, to: out, on_error: {dead_letter: '${S}'}}}\nsinks: {out: record}\n",
		"flows: {f: {from: feed, to: out}}\nstate: '${S}'\nsinks: {out: record}\n",
		"flows: {f: {from: feed, to: out}}\nsinks: {out: {http: {url: '${S}'}}}\n",
		"flows: {f: {from: feed, to: out}}\nsinks: {out: {http: {url: 'ftp://x:${S}@host/'}}}\n",
		"flows: {f: {from: feed, to: out}}\nsinks: {out: {file: {path: out, format: '${S}'}}}\n",
		"flows: {f: {from: {file: {path: in, ${S}: x}}, to: out}}\nsinks: {out: record}\n",
	} {
		c := standard()
		c.Sinks, c.Sources = providers.Sinks(), providers.Sources()
		got := problemsOf("version: 1\n"+text, flowtest.Options{Catalog: c, Env: env})
		if got == "" || strings.Contains(got, "hunter2") {
			t.Errorf("%s\ngot %s", text, got)
		}
	}
}

func TestSecretsOfSettingsAreInNoErrorOrLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "hunter2-and-more"
		var log bytes.Buffer
		rig := flowtest.Load(t, `
version: 1
flows:
  f:
    from: feed
    stages: [filter: 'body.n + "${S}" == body.s']
    to: out
    on_error: {dead_letter: dead}
sinks: {out: record, dead: record}
`, flowtest.Options{Catalog: standard(), Env: map[string]string{"S": secret}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		rig.Feed.Send("1", `{"n":1}`)
		rig.Feed.End()
		rig.Run()
		if err := rig.Wait(); err != nil {
			t.Error(err)
		}
		if dead := strings.Join(rig.Recorder.Bodies("dead"), "\n"); dead == "" || strings.Contains(dead, secret) {
			t.Errorf("dead letter: %s", dead)
		}
		if log.Len() == 0 || strings.Contains(log.String(), secret) {
			t.Errorf("log: %s", log.String())
		}
	})
}
