package templates_test

import (
	"os"
	"os/exec"
	"path/filepath"
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

// What a plugin does can be tested where there is no gRPC.
func TestConfigureIsCalledWithoutLeat(t *testing.T) {
	for language, test := range map[string]string{
		"python": `
import main, leat_plugin
handle = main.configure({"label": "x"})
print(handle(leat_plugin.Event(b'{"a":1.0}')).payload.decode())
try:
    handle(leat_plugin.Event(b'{"test":true}'))
except leat_plugin.Drop as drop:
    print(drop.reason)
try:
    main.configure({"label": 1})
except leat_plugin.ConfigError as error:
    print(error)
`,
		"node": `
const {configure} = require('./main.js');
const {Event} = require('./leat-plugin');
const handle = configure({label: 'x'});
console.log(handle(new Event({payload: '{"a":1.0}'})).payload.toString());
try { handle(new Event({payload: '{"test":true}'})) } catch (drop) { console.log(drop.message) }
try { configure({label: 1}) } catch (error) { console.log(error.message) }
`,
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p := layOut(t, language, "")
			flag := "-c"
			if language == "node" {
				flag = "-e"
				if err := os.Remove(filepath.Join(p.folder, "node_modules")); err != nil {
					t.Fatal(err)
				}
			} else {
				writeFile(t, filepath.Join(p.folder, "grpc.py"), []byte("raise ImportError('none')\n"))
			}
			cmd := exec.Command(p.command[0], flag, test)
			cmd.Dir, cmd.Env = p.folder, p.env
			said, err := cmd.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(said)), "\n")
			if err != nil || len(lines) != 3 || lines[0] != `{"a":1.0,"label":"x"}` || lines[1] != "a test" || !strings.HasPrefix(lines[2], "label: want a text, not 1") {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
}
