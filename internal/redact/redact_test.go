package redact

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/rawjson"
)

func TestRedact(t *testing.T) {
	r := New("Token", "newClientSecret")
	for text, want := range map[string]string{
		`{"a": 1.50, "token": "s", "b": {"NewClientSecret": {"x": 1}}}`: `{"a":1.50,"token":"[redacted]","b":{"NewClientSecret":"[redacted]"}}`,
		`[{"Token":null},"Token"]`:                                      `[{"Token":"[redacted]"},"Token"]`,
		`{"\u0054oken":"s","Token":"t","Tokens":"u"}`:                   `{"\u0054oken":"[redacted]","Token":"[redacted]","Tokens":"u"}`,
		`{"Message":"{\"token\":\"s\",\"n\":1}"}`:                       `{"Message":"{\"token\":\"[redacted]\",\"n\":1}"}`,
		`{"Message":"{\"n\": \"\\u00e9\"}"}`:                            `{"Message":"{\"n\": \"\\u00e9\"}"}`,
		` 7 `:                                                           `7`,
		`{"token":`:                                                     `"[redacted]"`,
		`token=s`:                                                       `"[redacted]"`,
		`{"m":"{tok"} `:                                                 `{"m":"{tok"}`,
		`{"m":"{\"tOken\":\"s"}`:                                        `{"m":"[redacted]"}`,
	} {
		if got := r.JSON([]byte(text)); string(got) != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
	if got := New().JSON([]byte(` x`)); string(got) != " x" {
		t.Errorf("without names it became %s", got)
	}
}

func TestFindLeavesWhatHasNoSecret(t *testing.T) {
	r := New("Token")
	for text, want := range map[string]string{
		`{ "a": 1.50, "Tokens": "u" }`: `{ "a": 1.50, "Tokens": "u" }`,
		`{"Message": "{ \"n\": 1 }"}`:  `{"Message": "{ \"n\": 1 }"}`,
		`not JSON`:                     `not JSON`,
		"\xff\xfe":                     "\xff\xfe",
		``:                             ``,
		`{ "token": null }`:            `{"token":"[redacted]"}`,
		`{"m":"{\"TOKEN\": \"s\"}"}`:   `{"m":"{\"TOKEN\":\"[redacted]\"}"}`,
		`{"token":`:                    `"[redacted]"`,
		"\xff tOKEN=s":                 `"[redacted]"`,
	} {
		got, _, found := r.Find([]byte(text))
		if string(got) != want || found != (text != want) {
			t.Errorf("%q became %q, found %v, want %q", text, got, found, want)
		}
	}
	if got, _, found := New().Find([]byte(`{"a": 1`)); string(got) != `{"a": 1` || found {
		t.Errorf("without names it became %s", got)
	}
}

func TestValuesAreHiddenWhereTheyAreQuoted(t *testing.T) {
	_, values, _ := New("token").Find([]byte(`{"token":{"a":["s\u00e9cret \"x\" of many letters",12345678]},"Token":"ab","n":"open text"}`))
	for text, want := range map[string]string{
		"sécret \"x\" of many letters is wrong":        "[redacted] is wrong",
		`"sécret \"x\" of many letters" is wrong`:      `"[redacted]" is wrong`,
		`body {"token":"s\u00e9cret \"x\" of many le…`: `body {"token":"[redacted]…`,
		`12345678 and 12345678`:                        `[redacted] and [redacted]`,
		`ab of the open text`:                          `ab of the open text`,
		`sécret of others`:                             `sécret of others`,
	} {
		if got := values.In(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

func TestJSONInJSONEnds(t *testing.T) {
	text := `{"token":"secret"}`
	for range 8 {
		text = `{"m":` + string(rawjson.AppendString(nil, text)) + `}`
	}
	got := New("token").JSON([]byte(text))
	if strings.Contains(string(got), "secret") || !json.Valid(got) {
		t.Errorf("it became %s", got)
	}
}

// What remains is what encoding/json reads, but for the hidden values.
func FuzzRedact(f *testing.F) {
	for _, s := range []string{`{"a":{"B":1},"k":[{"K":"x"}]}`, `{"m":"{\"k\":[1,{\"a\":2}]}"}`, `{"\u006b":1,"k":2}`, `"[{\"k\":1}]"`, `{"k"`} {
		f.Add([]byte(s))
	}
	r := New("k")
	f.Fuzz(func(t *testing.T, text []byte) {
		got := r.JSON(text)
		if !json.Valid(got) {
			t.Fatalf("%q became %q", text, got)
		}
		if rawjson.Check(text, maxDepth) != nil {
			return
		}
		var before, after any
		if json.Unmarshal(text, &before) != nil || json.Unmarshal(got, &after) != nil {
			return
		}
		want, _ := json.Marshal(model(before, 0))
		if have, _ := json.Marshal(model(after, 0)); !bytes.Equal(have, want) {
			t.Fatalf("%q became %q, which means %s, want %s", text, got, have, want)
		}
	})
}

// model redacts a decoded value; JSON in strings is decoded on the way.
func model(v any, nested int) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			if v[name] = model(v[name], nested); strings.EqualFold(name, "k") {
				v[name] = "[redacted]"
			}
		}
	case []any:
		for i := range v {
			v[i] = model(v[i], nested)
		}
	case string:
		var inner any
		isContainer := strings.HasPrefix(strings.TrimLeft(v, " \t\r\n"), "{") || strings.HasPrefix(strings.TrimLeft(v, " \t\r\n"), "[")
		if isContainer && rawjson.Check([]byte(v), maxDepth) != nil && strings.Contains(strings.ToLower(v), "k") {
			return "[redacted]"
		}
		if !isContainer || rawjson.Check([]byte(v), maxDepth) != nil || json.Unmarshal([]byte(v), &inner) != nil {
			return v
		}
		if nested == maxNested {
			return "[redacted]"
		}
		return []any{"inner", model(inner, nested+1)}
	}
	return v
}
