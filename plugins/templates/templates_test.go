package templates_test

import (
	"strings"
	"testing"

	contract "github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/templates"
)

func TestANewPluginWorks(t *testing.T) {
	for _, language := range []string{"python", "node"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			r := layOut(t, language, "").start(t)
			response, err := r.Configure(t.Context(), &contract.ConfigureRequest{Config: []byte(`{"label": 1}`)})
			if err != nil || len(response.Problems) != 1 || response.Problems[0].Path != "label" {
				t.Errorf("%v %v", response, err)
			}
			c := converse(t, r, &contract.ConfigureRequest{Config: []byte(`{"label": "x"}`)})
			if got := c.ask(`{"parcel": 370600000000000011}`).GetEmit().GetEvents(); len(got) != 1 || string(got[0].Payload) != `{"parcel": 370600000000000011,"label":"x"}` {
				t.Errorf("%v", got)
			}
			if got := c.ask(`{"test":true}`); got.GetDrop().GetReason() != "a test" {
				t.Errorf("%v", got)
			}
			if got := c.ask(`[]`); got.GetReject() == nil {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestFilesOfAPlugin(t *testing.T) {
	for language, want := range map[string]string{
		"python": "main.py* leat_plugin/__init__.py README.md sample.jsonl try.yaml",
		"node":   "main.js* package.json leat-plugin/index.js leat-plugin/plugin.proto README.md sample.jsonl try.yaml",
		"go":     "main.go go.mod README.md sample.jsonl try.yaml",
	} {
		files, err := templates.Plugin{Language: language, Name: "eta", Folder: "plugins", Module: true}.Files()
		if err != nil {
			t.Fatal(err)
		}
		all := " "
		for _, f := range files {
			all += f.Path
			if f.Executable {
				all += "*"
			}
			all += " "
			if strings.Contains(string(f.Text), "{{.") {
				t.Errorf("%s: a part was not filled in", f.Path)
			}
		}
		for _, name := range strings.Fields(want) {
			if !strings.Contains(all, " "+name+" ") {
				t.Errorf("%s: %s is not among%s", language, name, all)
			}
		}
	}
}

func TestNamesThatAreNoFolderOrModuleAreRefused(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", "../a", "A", "1a", "-a", "a-", "a b", "a\n", "ü"} {
		if err := (templates.Plugin{Language: "go", Name: name}).Check(); err == nil || !strings.Contains(err.Error(), "such as eta") {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := (templates.Plugin{Language: "rust", Name: "a"}).Check(); err == nil || !strings.Contains(err.Error(), "go, python, node") {
		t.Error(err)
	}
}
