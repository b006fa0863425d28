package conf

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

type shaped struct {
	Late   string         `yaml:"late,short" values:"deliver drop dead_letter"`
	TTL    time.Duration  `yaml:"ttl"`
	Names  []string       `yaml:"names,one"`
	Limits map[string]int `yaml:"limits"`
	Inner  *struct {
		Token Secret `yaml:"token"`
	} `yaml:"inner"`
}

func TestShapesSayWhatIsRead(t *testing.T) {
	var forms []Form
	for _, s := range Settings(reflect.TypeFor[shaped]()) {
		forms = append(forms, s.Shape().Form)
	}
	if want := []Form{FormText, FormDuration, FormEither, FormMap, FormStruct}; !reflect.DeepEqual(forms, want) {
		t.Errorf("forms %v, want %v", forms, want)
	}
	if s, ok := ShortShape(reflect.TypeFor[shaped]()); !ok || len(s.Values) != 3 {
		t.Errorf("the short form is %v, %t", s, ok)
	}
}

func TestWordThatIsNotThere(t *testing.T) {
	for text, want := range map[string]string{
		"late: drp":     `late: want deliver, drop or dead_letter, got "drp"; did you mean "drop"?`,
		"late: other":   `late: want deliver, drop or dead_letter, got "other"`,
		"other":         `want deliver, drop or dead_letter, got "other"`,
		"late: [a]":     `late: want text, got a list`,
		`late: "${V}"`:  `late: want deliver, drop or dead_letter, got the value of "${V}"`,
		"late: drop":    "",
		"late: null":    "",
		"dead_letter":   "",
		`late: "${V2}"`: "",
	} {
		env := func(name string) (string, bool) { return map[string]string{"V": "secret", "V2": "drop"}[name], true }
		n, p := Parse([]Source{{Name: "f", Data: []byte(text)}}, env, nil)
		var c shaped
		Decode(n, &c, p)
		got := ""
		for _, problem := range p.List() {
			got += problem.String()
		}
		if want != "" && !strings.HasSuffix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %s\nwant %s", text, got, want)
		}
	}
}

func TestWrittenIsWhatOneWouldWrite(t *testing.T) {
	for want, v := range map[string]any{
		"2m": 2 * time.Minute, "1h": time.Hour, "1h30m": 90 * time.Minute, "1m30s..2h": Range{90 * time.Second, 2 * time.Hour},
		"1s": Range{time.Second, time.Second}, "1MiB": Size(1 << 20), "7": 7,
	} {
		if got := Written(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestValuesOfAProgramAreChecked(t *testing.T) {
	err := CheckValues(shaped{Late: "never"})
	if err == nil || err.Error() != `late: want deliver, drop or dead_letter, got "never"` {
		t.Errorf("got %v", err)
	}
	if err := CheckValues(shaped{Late: "drop"}); err != nil {
		t.Error(err)
	}
}
