package templates_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	contract "github.com/leat-io/leat/plugins/proto"
	"github.com/leat-io/leat/plugins/templates"
)

// etaCases is examples/plugin-cases.json, which says what is in it.
type etaCases struct {
	Configs map[string]json.RawMessage
	Cases   []struct {
		Name, Config, Text, Reject string
		Payload, Want              json.RawMessage
		Unchanged                  bool
	}
	WrongConfigs []struct {
		Config json.RawMessage
		Paths  []string
	} `json:"wrong_configs"`
}

// TestExamplesFollowOneRule runs the examples in Python and Node through the cases that
// all examples share.
func TestExamplesFollowOneRule(t *testing.T) {
	var all etaCases
	text, err := os.ReadFile("../../examples/plugin-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"python", "node"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			r := layOutExample(t, language).start(t)
			for name, config := range all.Configs {
				runEtaCases(t, r, all, name, config)
			}
			for _, wrong := range all.WrongConfigs {
				response, err := r.Configure(t.Context(), &contract.ConfigureRequest{Config: wrong.Config})
				if err != nil {
					t.Fatal(err)
				}
				var paths []string
				for _, p := range response.Problems {
					paths = append(paths, p.Path)
				}
				slices.Sort(paths)
				slices.Sort(wrong.Paths)
				if !slices.Equal(paths, wrong.Paths) {
					t.Errorf("%s: problems %v, want those of %q", wrong.Config, response.Problems, wrong.Paths)
				}
			}
		})
	}
}

// layOutExample copies an example, and leat's part of it behind its link, to where what
// it needs can be put beside it.
func layOutExample(t *testing.T, language string) program {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{"plugins/templates/" + language, "examples/plugin-" + language} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS("../../"+folder)); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(root, "examples/plugin-"+language+"/plugins/eta")
	main := templates.Plugin{Language: language}.Main()
	return program{language, folder, []string{interpreter(t, language, folder), filepath.Join(folder, main)}, []string{"PATH=" + os.Getenv("PATH")}}
}

func runEtaCases(t *testing.T, r *running, all etaCases, name string, config json.RawMessage) {
	t.Helper()
	conversation := converse(t, r, &contract.ConfigureRequest{Config: config})
	for _, c := range all.Cases {
		if c.Config != name {
			continue
		}
		payload := string(c.Payload)
		if len(c.Payload) == 0 {
			payload = c.Text
		}
		got := conversation.ask(payload)
		emitted := got.GetEmit().GetEvents()
		switch {
		case c.Reject != "" && !strings.Contains(got.GetReject().GetReason(), c.Reject),
			c.Unchanged && (len(emitted) != 1 || emitted[0].Payload != nil),
			c.Want != nil && (len(emitted) != 1 || !sameJSON(t, emitted[0].Payload, c.Want)):
			t.Errorf("%s: %v\n%s", c.Name, got, r.stderr.end())
		}
	}
	conversation.end()
}

// sameJSON compares values; numbers must be written alike.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	values := make([]any, 2)
	for i, text := range [][]byte{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&values[i]); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
