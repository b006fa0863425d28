package sellers

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
)

type shop struct {
	Name  string      `yaml:"name,required"`
	Token conf.Secret `yaml:"token,required"`
}

func (s shop) Known() (string, conf.Secret) { return s.Name, s.Token }

func (s *shop) Validate() error {
	if s.Name == "" || s.Token == "" {
		return errors.New("a name and a token")
	}
	return nil
}

var shops = Columns[shop]{
	"name":  func(s *shop, value string) { s.Name = value },
	"token": func(s *shop, value string) { s.Token = conf.Secret(value) },
}

func TestBothKindsOfFilesAreRead(t *testing.T) {
	for name, text := range map[string]string{
		"s.yaml": "- {name: a, token: t1}\n- {name: b, token: t2}\n",
		"s.yml":  "sellers: [{name: a, token: t1}, {name: b, token: t2}]\n",
		"s.CSV":  "\ufefftoken, name\nt1,a\nt2, b\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := Read(path, shops)
		if err != nil || len(all) != 2 || all[0] != (shop{"a", "t1"}) || all[1] != (shop{"b", "t2"}) {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none"), shops); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestSellersWhoAreThereTwiceAreRefused(t *testing.T) {
	for want, text := range map[string]string{
		`two sellers are named "a"`:                    "name,token\na,secret1\na,secret2\n",
		`s.csv: sellers "a" and "b" have the same tok`: "name,token\na,secret\nb,secret\n",
		`s.csv:3: a name and a token`:                  "name,token\na,secret\nb,\n",
	} {
		path := filepath.Join(t.TempDir(), "s.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path, shops); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Tokens end up as names of settings when a colon or a name is missing.
func TestErrorsOfYAMLQuoteNoTokens(t *testing.T) {
	for text, want := range map[string]string{
		"- {name: a, Atzr|SECRET: x}\n":                     `unknown setting "…"; known settings: name, token`,
		"- {SECRET}\n":                                      `unknown setting "…"`,
		"- {name: a, tokn: SECRET}\n":                       `unknown setting "tokn"; did you mean "token"?`,
		"- Atzr|SECRET: a\n  Atzr|SECRET: b\n":              `"…" is set twice`,
		"- name: *Atzr|SECRET\n":                            `unknown anchor "…" referenced`,
		"- {name: a, token: '${Atzr|SECRET}'}\n":            `"…" is not a variable`,
		"- {name: a, token: '${file:Atzr|SECRET}'}\n":       `cannot read "…"`,
		"- {name: a, token: '${LEAT_NOBODY_SETS}'}\n":       `undefined variable LEAT_NOBODY_SETS`,
		"- {name: a, token: '${file:/no/such/token}'}\n":    `cannot read "${file:/no/such/token}"`,
		"- {name: 'SECRET', token: {Atzr|SECRET: x}}\n":     `token: want text, got settings`,
		"- name: a\n  name: SECRET\n":                       `"name" is set twice`,
		"- \"Atzr|SEC\\\"RET \\\\\": a\n":                   `unknown setting "…"`,
		"- {name: a, token: b, 'it''s SECRET': \"x'y'\"}\n": `unknown setting "…"`,
	} {
		path := filepath.Join(t.TempDir(), "s.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path, shops)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SEC") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestALabelIsNoToken(t *testing.T) {
	for value, ok := range map[string]bool{
		"": true, "shop | eu": true, "A1|b": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "Atzr|SECRET": false,
	} {
		if err := CheckLabel("name", value); (err == nil) != ok || err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add("name,token\na,b\n")
	f.Add("\"name\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := fromTable("s.csv", []byte(text), shops)
		if err != nil {
			return
		}
		for _, s := range all {
			if s.Name == "" || s.Token == "" {
				t.Errorf("%+v", s)
			}
		}
	})
}
