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
