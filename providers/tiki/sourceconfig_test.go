package tiki

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/providers/tiki/tikitest"
)

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for settings, want := range map[string]string{
		"queue: q": "want client_id and client_secret, or token",
		"queue: q, client_id: c, client_secret: s, token: t":                                    "exclude each other",
		"queue: q, client_id: c":                                                                "needs client_secret",
		"queue: q, client_secret: s":                                                            "needs client_id",
		`queue: q, client_id: "a:b", client_secret: s`:                                          "colon",
		`queue: q, token: "a b"`:                                                                "printable ASCII",
		`queue: "", token: t`:                                                                   "want the code of a queue",
		`queue: "..", token: t`:                                                                 "want the code of a queue",
		`queue: "a/b", token: t`:                                                                "want the code of a queue",
		"queue: q, token: t, base_url: \"http://api.tiki.vn/integration/v1\"":                   "want https",
		"queue: q, token: t, token_url: \"http://10.0.0.1/token\"":                              "want https",
		"queue: q, token: t, base_url: \"https://user:hunter2@api.tiki.vn\"":                    "without a user",
		"queue: q, token: t, base_url: \"https://api.tiki.vn/?token=hunter2\"":                  "without a user and a query",
		"queue: q, token: t, base_url: \"//api.tiki.vn\"":                                       "want a URL",
		"queue: q, token: t, wait: 0s":                                                          "at least 100ms",
		"queue: q, token: t, timeout: 0s":                                                       "longer than 0s",
		"queue: q, token: t, max_response: 1B":                                                  "want 1KiB to 256MiB",
		"queue: q, token: t, base_url: \"http://localhost:1/x\"":                                "",
		"queue: q, token: t, base_url: \"http://[::1]:1/x\", token_url: \"http://127.0.0.1:1\"": "",
		"queue: q, client_id: c, client_secret: s":                                              "",
	} {
		text := "version: 1\nflows: {f: {from: {tiki: {" + settings + "}}, to: out, on_error: {dead_letter: out}}}\nsinks: {out: {record: {}}}\n"
		_, report := pipeline.LoadText("p.yaml", text, pipeline.Options{Catalog: withRecorder(pipeline.Catalog{Sources: []pipeline.SourceDef{Source}})})
		var said strings.Builder
		report.Print(&said)
		switch {
		case want == "" && report.Err() != nil, !strings.Contains(said.String(), want):
			t.Errorf("%s: want %q, got %s", settings, want, &said)
		}
	}
}

func TestCredentialsThatAreRefusedKeepThePipelineFromStarting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer(t, tikitest.Options{ClientSecret: "another"})
		rig := flowtest.Load(t, flow(s, ""), flowtest.Options{Catalog: ours(s)})
		rig.Run()
		err := rig.Wait()
		if err == nil || !strings.Contains(err.Error(), "check client_id and client_secret") || !strings.Contains(err.Error(), "https://tiki.test/sc/oauth2/token") {
			t.Errorf("%v", err)
		}
	})
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	const secret, token = "s3cr3t-of-the-client", "t0k3n-of-the-seller"
	a := Account{ClientID: "client", ClientSecret: secret, Token: token}
	if text := fmt.Sprintf("%v %+v %#v", a, a, a); strings.Contains(text, secret) || strings.Contains(text, token) {
		t.Error(text)
	}
	// A server that quotes all it was sent.
	for name, a := range map[string]Account{"client": {ClientID: "client", ClientSecret: secret}, "token": {Token: token}} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, tikitest.Options{ClientSecret: secret})
			a.BaseURL, a.TokenURL = s.BaseURL, s.TokenURL
			c := newClient(a.withDefaults(), pipeline.System, direct{quoting{s}})
			_, err := openQueue(c, "q").pull(t.Context(), nil)
			if err == nil {
				t.Fatal("no error")
			}
			for _, hidden := range []string{secret, token, c.keys.basic, "token-5e1f"} {
				if hidden != "" && strings.Contains(err.Error(), hidden) {
					t.Errorf("%q is in %v", hidden, err)
				}
			}
			if !strings.Contains(err.Error(), "***") {
				t.Errorf("nothing was quoted: %v", err)
			}
		})
	}
}
