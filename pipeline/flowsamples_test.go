package pipeline

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
)

// Samples are read as all other files are, and none that is too large.
func TestSamplesAreReadAsOtherFilesAre(t *testing.T) {
	files := map[string][]byte{
		"in/pipeline.yaml": []byte("version: 1\npresets: own.yaml\nflows: {f: {from: {own: {}}, samples: [a.json, b.jsonl, 'SAMPLE'], to: out}, g: {from: {own: {}}, to: out}}\nsinks: {out: x}"),
		"in/own.yaml":      []byte("preset: own\nsource: {feed: {}}\nsamples: [c.ndjson]"),
		"in/a.json":        []byte(`{}`), "in/b.jsonl": []byte("1\n\n2\n"), "in/c.ndjson": []byte("3\n4\n"),
		"in/large.json": bytes.Repeat([]byte(" "), maxSampleBytes+1),
	}
	for sample, want := range map[string]string{"a.json": "", "large.json": "is larger than 16MiB", "none.json": "there is no such file", "[": "brackets are not closed"} {
		o := Options{Catalog: Catalog{Sources: []SourceDef{aloneMessages()}, Sinks: []SinkDef{aloneSink()}}}
		o.ReadFile = func(name string) ([]byte, error) {
			data, ok := files[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			if !strings.HasSuffix(name, ".yaml") {
				return data, nil
			}
			return []byte(strings.NewReplacer("SAMPLE", sample, "feed", aloneSource, "x}", aloneSource+"}").Replace(string(data))), nil
		}
		list, report := SamplesOf("in/pipeline.yaml", "f", o)
		var said strings.Builder
		report.Print(&said)
		if len(list) < 3 || string(list[2].Data) != "2" || !strings.Contains(said.String(), want) || want == "" && strings.Contains(said.String(), "warning: samples") {
			t.Errorf("%s: %d samples; want %q in\n%s", sample, len(list), want, said.String())
		}
		if list, _ = SamplesOf("in/pipeline.yaml", "g", o); len(list) != 2 || string(list[1].Data) != "4" {
			t.Errorf("of the preset: %v", list)
		}
	}
}
