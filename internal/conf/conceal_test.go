package conf

import (
	"strings"
	"testing"
)

func TestConcealHidesWhatIsInTheFile(t *testing.T) {
	type settings struct {
		Token   Secret            `yaml:"token"`
		URL     Secret            `yaml:"url"`
		Headers map[string]Secret `yaml:"headers"`
		Name    string            `yaml:"name"`
	}
	for text, want := range map[string]string{
		"token: hunter2":                     "token: '***'",
		"token: ${T}":                        "token: ${T}",
		"token: ${T:-hunter2}":               "token: '***'",
		"token: ${NONE:-hunter2}":            "token: '***'",
		"token: Bearer ${T}":                 "token: Bearer ${T}",
		"headers: {a: hunter2, b: '${T}'}":   "headers:\n  a: '***'\n  b: '${T}'",
		"url: redis://127.0.0.1:6379/0":      "url: redis://127.0.0.1:6379/0",
		"url: redis://:hunter2@127.0.0.1":    "url: '***'",
		"url: http://localhost/?key=hunter2": "url: '***'",
		"url: ${T}":                          "url: ${T}",
		"name: hunter2":                      "name: hunter2",
		"token: ''":                          "token: ''",
	} {
		lookup := func(name string) (string, bool) { return map[string]string{"T": "hunter2"}[name], name == "T" }
		root, problems := Parse([]Source{{Name: "a.yaml", Data: []byte(text)}}, lookup, nil)
		if !Decode(root, &settings{}, problems) {
			t.Fatalf("%s: %v", text, problems.Err())
		}
		hid := 0
		got, err := Write(Conceal(root, func(*Node) { hid++ }))
		if err != nil || strings.TrimSpace(string(got)) != want || (hid > 0) != strings.Contains(want, "***") {
			t.Errorf("%s: %s (%d hidden, %v), want %s", text, got, hid, err, want)
		}
		if again, _ := Write(root); strings.Contains(string(again), "***") {
			t.Errorf("%s: the tree itself was changed", text)
		}
	}
}
