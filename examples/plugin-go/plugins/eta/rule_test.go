package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/leat-io/leat/plugins"
)

// cases is examples/plugin-cases.json, which says what is in it.
type cases struct {
	Configs map[string]map[string]json.RawMessage
	Cases   []struct {
		Name, Config, Text, Reject string
		Payload, Want              json.RawMessage
		Unchanged                  bool
	}
	WrongConfigs []struct {
		Config map[string]json.RawMessage
		Paths  []string
	} `json:"wrong_configs"`
}

func read(t *testing.T) (c cases) {
	text, err := os.ReadFile("../../../plugin-cases.json")
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A handler is a function: no process is needed to test it.
func TestTheRule(t *testing.T) {
	all := read(t)
	for _, c := range all.Cases {
		t.Run(c.Name, func(t *testing.T) {
			handler, err := open(t.Context(), all.Configs[c.Config])
			if err != nil {
				t.Fatal(err)
			}
			payload := slices.Concat(c.Payload, []byte(c.Text))
			out, err := handler(t.Context(), plugins.NewEvent(payload))
			switch {
			case c.Reject != "":
				if !plugins.Rejected(err) || !strings.Contains(err.Error(), c.Reject) {
					t.Errorf("got %v, want it to be rejected with %s", err, c.Reject)
				}
			case err != nil || len(out) != 1:
				t.Errorf("got %d events, %v", len(out), err)
			case c.Unchanged && !bytes.Equal(out[0].Payload(), payload),
				!c.Unchanged && !reflect.DeepEqual(decode(t, out[0].Payload()), decode(t, c.Want)):
				t.Errorf("got %s", out[0].Payload())
			}
		})
	}
}

func decode(t *testing.T, text []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWrongSettings(t *testing.T) {
	for _, c := range read(t).WrongConfigs {
		_, err := open(t.Context(), c.Config)
		var paths []string
		for _, p := range plugins.Problems(err) {
			paths = append(paths, p.Path)
		}
		slices.Sort(paths)
		slices.Sort(c.Paths)
		if !slices.Equal(paths, c.Paths) {
			t.Errorf("%s: got %v, want problems of %q", c.Config, err, c.Paths)
		}
	}
}
