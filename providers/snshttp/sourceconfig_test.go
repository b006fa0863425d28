package snshttp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/http"
	"github.com/leat-io/leat/providers/sqs"
	"github.com/leat-io/leat/stages"
	"github.com/rogpeppe/go-internal/txtar"
)

// check returns what check says about a source with these settings.
func check(t *testing.T, o options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipeline.yaml")
	if err := os.WriteFile(path, []byte(o.yaml()), 0o600); err != nil {
		t.Fatal(err)
	}
	return report(path)
}

func report(path string) string {
	record := pipeline.DefineSink("record", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.Handler, error) { return nil, nil })
	scratch := pipeline.DefineState("scratch", struct{}{}, func(struct{}, *pipeline.Env) (pipeline.State, error) { return flowtest.NewState(), nil })
	found := pipeline.Check(path, pipeline.Options{DefaultState: "scratch", Catalog: pipeline.Catalog{
		Sources: []pipeline.SourceDef{Source, sqs.Source}, Sinks: []pipeline.SinkDef{record, sqs.Sink, http.Sink}, Stages: stages.All(), States: []pipeline.StateDef{scratch},
	}})
	var out strings.Builder
	found.Print(&out)
	return out.String()
}

func TestCheck(t *testing.T) {
	certificate, key := pair(t, t.TempDir(), 1)
	tls := "tls: {certificate: '" + certificate + "', key: '" + key + "'}"
	cases := []struct{ settings, want string }{
		{"", ""},
		{"listen: '[::]:443', path: /sns, " + tls, ""},
		{"verify: false, confirm: false", ""},
		{"raw: true, username: a, password: b", ""},
		{"listen: '8080'", "want host:port"},
		{"listen: ':http'", "want host:port"},
		{"path: sns", "want a path"},
		{"path: /sns?token=1", "want a path"},
		{"username: a", "a username alone"},
		{"password: s3cret", "needs a username"},
		{"username: 'a:b', password: c", "colon"},
		{"verify: false", "write confirm: false"},
		{"verify: false, confirm: false, certificate: x.pem", "nothing is verified with it"},
		{"verify: false, confirm: false, max_age: 1h", "a Timestamp that is not verified"},
		{"raw: true", "raw deliveries have no signature"},
		{"certificate: missing.pem", "cannot be read"},
		{"certificate: '" + key + "'", "want certificates only"},
		{"endpoint: sns.example.com", "want a URL"},
		{"max_age: 10s", "at least 2m"},
		{"max_requests: 0", "at least 1"},
		{"timeout: 0s", "longer than 0s"},
		{"timeout: 20s", "SNS waits 15s"},
		{"tls: {certificate: a.pem}", "needs its key"},
		{"tls: {key: a.pem}", "needs a certificate"},
		{"tls: {certificate: a.pem, key: b.pem}", "cannot be used together"},
		{"listen: '0.0.0.0:80', verify: false, confirm: false", "everybody who can connect"},
		{"listen: '0.0.0.0:80', verify: false, confirm: false, username: a, password: s3cret", "can be read on its way"},
		{"listen: '0.0.0.0:80', verify: false, confirm: false, username: a, password: s3cret, " + tls, ""},
		{"max_body: 1MiB", "unknown setting"},
	}
	elsewhere := "topics: ['arn:aws-eusc:sns:*:123456789012:*']"
	if got := check(t, options{topics: elsewhere}); !strings.Contains(got, "the partition aws-eusc is not one of") {
		t.Error(got)
	}
	if got := check(t, options{topics: elsewhere, settings: "verify: false, confirm: false"}); got != "" && strings.Contains(got, "topics") {
		t.Error(got)
	}
	for _, c := range cases {
		got := check(t, options{settings: c.settings})
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || strings.Contains(got, `"s3cret`) {
			t.Errorf("%s\n%s\nwant %q", c.settings, got, c.want)
		}
	}
	for topics, want := range map[string]string{
		"topics: []": "name your topics", "path: /": "name your topics", "topics: [parcels]": "is not the ARN of a topic",
		"topics: ['arn:aws:sns:eu-west-1:*:parcels']": "name the account",
	} {
		if got := check(t, options{topics: topics}); !strings.Contains(got, want) {
			t.Errorf("%s\n%s", topics, got)
		}
	}
}

// A window needs a source that can wait.
func TestAWindowNeedsASpool(t *testing.T) {
	o := options{stages: "{identify: {key: body.k, time: body.t}}, {reorder: {window: 1m}}"}
	if got := check(t, o); !strings.Contains(got, "spool: true") {
		t.Errorf("check says:\n%s", got)
	}
	o.settings = "spool: true"
	if got := check(t, o); got != "" {
		t.Errorf("check says:\n%s", got)
	}
}

func TestTheExamplesPassCheck(t *testing.T) {
	folder := t.TempDir()
	certificate, key := pair(t, folder, 1)
	password := filepath.Join(folder, "password")
	if err := os.WriteFile(password, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	here := strings.NewReplacer("/etc/leat/events.example.com.pem", certificate, "/etc/leat/events.example.com.key", key, "/run/secrets/sns", password)
	paths, _ := filepath.Glob("testdata/example-*.txtar")
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "pipeline.yaml")
		if err := os.WriteFile(file, []byte(here.Replace(string(archive.Files[0].Data))), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := report(file); got != "" || len(strings.TrimSpace(string(archive.Comment))) == 0 {
			t.Errorf("%s:\n%s", path, got)
		}
	}
	if len(paths) == 0 {
		t.Error("there are none")
	}
}
