package stages_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

// These tests are about presets: what a flow makes of them.

const acme = `
preset: acme
parameters:
  zone: {about: where the clocks stand, default: Europe/Oslo}
  kinds: {default: home, values: {home: [a, b], away: [c]}}
  tap: {about: takes what the second source gives}
  must: {required: true}
source:
  - {when: tap, two: {}}
  - feed: {}
stages:
  - split: {each: body.list, max: 100}
  - identify: {id: body.id, key: body.parcel, time: {from: body.at, layout: 2006-01-02 15:04, zone: $zone}}
  - {name: of, route: [{when: 'key == "q"', to: other}]}
`

func acmeOptions() flowtest.Options {
	def := pipeline.DefinePreset("acme", fstest.MapFS{"preset.yaml": {Data: []byte(acme)}})
	two := &given{payloads: []string{`{"list":[{"id":9,"parcel":"p","at":"1999-11-28 08:00"}]}`}, live: true}
	return flowtest.Options{Catalog: pipeline.Catalog{Stages: stages.All(), Presets: []pipeline.PresetDef{def}, Sources: []pipeline.SourceDef{two.define("two")}}}
}

func acmeFlow(from string) string {
	return "version: 1\nflows: {f: {from: " + from + ", stages: [{dedupe: {}}, {reorder: {window: 1m}}], to: out, on_error: {dead_letter: other}}}\n" +
		"sinks: {out: {record: {}}, other: {record: {}}}\n"
}

const acmeMessage = `{"list":[{"id":1,"parcel":"p","at":"1999-11-28 10:00"},{"id":2,"parcel":"p","at":"1999-11-28 09:00"},{"id":3,"parcel":"q"}]}`

func runAcme(t *testing.T, from string, check func(*flowtest.Rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		rig := flowtest.Start(t, acmeFlow(from), acmeOptions())
		rig.Feed.Send("m", acmeMessage)
		time.Sleep(time.Hour)
		check(rig)
	})
}

func TestAPresetGivesItsEventsIdKeyAndTime(t *testing.T) {
	runAcme(t, "{acme: {must: yes}}", func(rig *flowtest.Rig) {
		got := rig.Recorder.Got("out")
		if len(got) != 2 || got[0].ID != "2" || got[1].ID != "1" || got[0].Key != "p" {
			t.Fatalf("got %+v", got)
		}
		if want := time.Date(1999, 11, 28, 8, 0, 0, 0, time.UTC); !got[0].Time.Equal(want) {
			t.Errorf("its time is %s, want %s", got[0].Time, want)
		}
		if others := rig.Recorder.IDs("other"); !slices.Equal(others, []string{"3"}) {
			t.Errorf("the stage that the preset has last gave %v", others)
		}
	})
}

func TestAFlowChangesAPreset(t *testing.T) {
	runAcme(t, "{acme: {must: yes, zone: UTC, override: {identify: {key: body.id}, of: null}}}", func(rig *flowtest.Rig) {
		got := rig.Recorder.Got("out")
		if len(got) != 3 || got[0].Key != got[0].ID {
			t.Fatalf("got %+v", got)
		}
		if want := time.Date(1999, 11, 28, 10, 0, 0, 0, time.UTC); !slices.ContainsFunc(got, func(g flowtest.Got) bool { return g.Time.Equal(want) }) {
			t.Errorf("no event has the time %s: %+v", want, got)
		}
	})
}

func TestPresetsStandBesideEachOther(t *testing.T) {
	for _, second := range []string{"tap: yes", "source: two"} {
		runAcme(t, "[{acme: {must: yes}}, {acme: {must: yes, "+second+", override: {identify: {id: body.at}}}}]", func(rig *flowtest.Rig) {
			ids := rig.Recorder.IDs("out")
			if want := []string{"1999-11-28 08:00", "2", "1"}; !slices.Equal(ids, want) {
				t.Errorf("%s: got %v, want %v", second, ids, want)
			}
		})
	}
}

func TestWhatIsWrongWithAPreset(t *testing.T) {
	for from, want := range map[string]string{
		"{acme: {}}":                                          `"must" is required`,
		"{acme: {must: yes, zon: UTC}}":                       `did you mean "zone"?`,
		"{acme: {must: yes, kinds: hom}}":                     `kinds: unknown value "hom"`,
		"{acme: {must: yes, override: {splt: {each: body}}}}": `did you mean "split"?`,
		"{acme: {must: yes, override: 3}}":                    "want stages of the preset",
		"{acme: {must: yes, source: {fed: {}}}}":              `unknown source "fed"`,
		"{acme: {must: yes, source: {feed: {}}, a: 1}}":       `unknown setting "a"`,
		"{acme: 3}":                       "want settings",
		"acm":                             `did you mean "acme"?`,
		"{acme: {must: yes, zone: Mars}}": "unknown time zone",
		"{acme: {must: yes, override: {identify: {key: 'body.'}}}}": "key",
	} {
		_, err := flowtest.TryLoad(acmeFlow(from), acmeOptions())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q in\n%v", from, want, err)
		}
	}
}

func TestAFileDeclaresAPreset(t *testing.T) {
	file := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(acme, "preset: acme", "preset: own", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	head := "presets: [" + file + "]\n"
	if _, err := flowtest.TryLoad(head+acmeFlow("{own: {must: yes}}"), acmeOptions()); err != nil {
		t.Error(err)
	}
	if _, err := flowtest.TryLoad("presets: no.yaml\n"+acmeFlow("{acme: {must: yes}}"), acmeOptions()); err == nil || !strings.Contains(err.Error(), "no.yaml: there is no such file") {
		t.Errorf("got %v", err)
	}
}

// nowhere is a sink for flows that are not run.
var nowhere = pipeline.DefineSink("nowhere", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) { return nil, nil })

func TestFeedsOfAFlow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pipeline.yaml")
	text := strings.Replace(acmeFlow("{acme: {must: yes, kinds: [home, d]}}"), "to: out,", "to: out, setup: {a: 1},", 1)
	text = strings.ReplaceAll(text, "{record: {}}", "nowhere")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := pipeline.Options{Catalog: acmeOptions().Catalog}
	o.Catalog.Sources = append(o.Catalog.Sources, (&given{}).define("feed"))
	o.Catalog.Sinks = []pipeline.SinkDef{nowhere}
	feeds, report := pipeline.Feeds(file, "f", o)
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	if len(feeds) != 1 || feeds[0].Preset != "acme" || feeds[0].Setup.Get("a") == nil {
		t.Fatalf("got %+v", feeds)
	}
	if got := feeds[0].Parameters["kinds"]; !slices.Equal(got, []string{"a", "b", "d"}) {
		t.Errorf("kinds: %v", got)
	}
	if _, report := pipeline.Feeds(file, "g", o); report.Err() == nil || !strings.Contains(report.Err().Error(), `there is no flow "g"`) {
		t.Errorf("got %v", report.Err())
	}
}

const sampled = `
preset: sampled
source: {feed: {}}
stages:
  - split: body.list
  - identify: {id: body.id, key: body.parcel, time: body.at}
samples: [one.json]
`

func TestCheckComparesPathsWithTheSamples(t *testing.T) {
	def := pipeline.DefinePreset("sampled", fstest.MapFS{
		"preset.yaml": {Data: []byte(sampled)},
		"one.json":    {Data: []byte(`{"list":[{"id":1,"parcel":"p","at":null,"place":{"code":"OSL"}}]}`)},
	})
	o := pipeline.Options{Catalog: pipeline.Catalog{
		Stages: stages.All(), Presets: []pipeline.PresetDef{def}, Sources: []pipeline.SourceDef{(&given{}).define("feed")},
		Sinks: []pipeline.SinkDef{nowhere},
	}}
	text := "version: 1\nflows: {f: {from: {sampled: {}}, stages: [STAGES], to: out, on_error: {dead_letter: out}}}\nsinks: {out: nowhere}\n"
	for stages, want := range map[string]string{
		"filter: 'body.at == nil && body.place.code == id'":            "",
		"filter: 'body.plase.code == id'":                              "filter: no sample of the feed has body.plase.code; did you mean body.place?",
		"filter: 'body.place.cod == id'":                               "did you mean body.place.code?",
		"dedupe: {id: [body.id, body.parsel]}":                         "no sample of the feed has body.parsel; did you mean body.parcel?",
		"filter: 'body.quite.other == id'":                             "no sample of the feed has body.quite.other\n",
		"filter: 'body.id == \"1\"'":                                   "filter: body.id is a number in the samples of the feed, and == \"1\" compares it with text; write 1\n",
		"route: [{when: 'body.place.code in [103, 104]', to: out}]":    "body.place.code is text in the samples of the feed, and in 103 compares it with a number; write \"103\"\n",
		"filter: 'body.place < 1 || true == body.place.code'":          "body.place is an object in the samples of the feed, and < 1 compares it with a number\n",
		"filter: 'body.id == 1 && body.at == 7 && body.id in []'":      "",
		"map: {set: {body.x: id}}}, {filter: 'body.x == id'":           "",
		"route: [{when: 'body.parcel == \"x\" && id == id', to: out}]": "",
	} {
		_, report := pipeline.LoadText("pipeline.yaml", strings.Replace(text, "STAGES", "{"+stages+"}", 1), o)
		var got strings.Builder
		report.Print(&got)
		if report.Err() != nil || want == "" && strings.Contains(got.String(), "sample") || !strings.Contains(got.String(), want) {
			t.Errorf("%s: want %q in\n%s", stages, want, got.String())
		}
	}
}

// What a preset takes from a network is not asked for when a file is only checked.
func TestCheckReachesNobody(t *testing.T) {
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	text := strings.Replace(sampled, "samples:", "  - enrich: {as: x, http: {url: '"+server.URL+"/{body.id}'}}\nsamples:", 1)
	def := pipeline.DefinePreset("sampled", fstest.MapFS{"preset.yaml": {Data: []byte(text)}, "one.json": {Data: []byte(`{"list":[{"id":1}]}`)}})
	_, report := pipeline.LoadText("pipeline.yaml", "version: 1\nflows: {f: {from: {sampled: {}}, stages: [{filter: 'body.id == id'}], to: out}}\nsinks: {out: nowhere}\n", pipeline.Options{Catalog: pipeline.Catalog{
		Stages: stages.All(), Presets: []pipeline.PresetDef{def}, Sources: []pipeline.SourceDef{(&given{}).define("feed")}, Sinks: []pipeline.SinkDef{nowhere},
	}})
	if err := report.Err(); err != nil || asked {
		t.Errorf("asked: %t, %v", asked, err)
	}
}

func TestASettingIsTakenBackByNull(t *testing.T) {
	runAcme(t, "{acme: {must: yes, tap: null, zone: null, override: null}}", func(rig *flowtest.Rig) {
		if got := rig.Recorder.Got("out"); len(got) != 2 || got[0].Time.Hour() != 9 {
			t.Errorf("got %+v", got)
		}
	})
}
