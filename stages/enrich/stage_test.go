package enrich

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
)

// catalog has the stage, and a source and a sink that do nothing.
var catalog = pipeline.Catalog{
	Stages: []pipeline.StageDef{Stage},
	Sources: []pipeline.SourceDef{pipeline.DefineSource("nothing", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Hold: pipeline.Forever}, nil
	})},
	Sinks: []pipeline.SinkDef{pipeline.DefineSink("nowhere", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) {
		return func(context.Context, *pipeline.Event) error { return nil }, nil
	})},
}

const flow = `version: 1
flows:
  parcels:
    from: {nothing: {}}
    stages:
      - enrich: {lookup: stations.csv, on: {code: body.code}, as: station}
    to: out
sinks:
  out: {nowhere: {}}
`

// check returns what check says of the flow with a lookup file.
func check(t *testing.T, csv string) string {
	t.Chdir(t.TempDir())
	if csv != "" {
		writeFile(t, "stations.csv", csv)
	}
	writeFile(t, "pipeline.yaml", flow)
	var out strings.Builder
	pipeline.Check("pipeline.yaml", pipeline.Options{Catalog: catalog}).Print(&out)
	return out.String()
}

func writeFile(t *testing.T, name, text string) {
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCheckReportsTheFile(t *testing.T) {
	for csv, want := range map[string]string{
		"code,name\nA,x\n":      "",
		"":                      "lookup stations.csv: no such file or directory",
		"kode,name\nA,x\n":      `lookup stations.csv: there is no column "code": did you mean "kode"?`,
		"code,name\nA,x\nA,y\n": "lookup stations.csv: 1 of 2 rows have the same code as one before, first on line 3; the last row counts",
	} {
		if got := check(t, csv); !strings.Contains(got, want) || (want == "" && strings.Contains(got, "enrich")) {
			t.Errorf("%q: got %s", csv, got)
		}
	}
}
