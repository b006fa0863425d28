package rawjson

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCheckNamesTheFirstThingWrong(t *testing.T) {
	cases := []struct{ text, want string }{
		{``, `empty input, want a JSON value`},
		{" \n\t", `empty input, want a JSON value`},
		{`{"a":1} x`, `invalid character 'x' after top-level value at byte 8`},
		{`1 2`, `invalid character '2' after top-level value at byte 2`},
		{`{"a"x1}`, `invalid character 'x' after object key at byte 4`},
		{`{"a":1 "b":2}`, `invalid character '"' after object key:value pair at byte 7`},
		{`{"a":1,}`, `invalid character '}' looking for beginning of object key string at byte 7`},
		{`{'a':1}`, `invalid character "'" looking for beginning of object key string at byte 1`},
		{`{a:1}`, `invalid character 'a' looking for beginning of object key string at byte 1`},
		{`[1,]`, `invalid character ']' looking for beginning of value at byte 3`},
		{`[1 2]`, `invalid character '2' after array element at byte 3`},
		{`[1}`, `invalid character '}' after array element at byte 2`},
		{`{"a":1]`, `invalid character ']' after object key:value pair at byte 6`},
		{`[`, `unexpected end of input looking for beginning of value at byte 1`},
		{`[1`, `unexpected end of input after array element at byte 2`},
		{`{"a"`, `unexpected end of input after object key at byte 4`},
		{`"abc`, `unexpected end of input in string literal at byte 4`},
		{`"abc\`, `unexpected end of input in string literal at byte 5`},
		{`"\u00`, `unexpected end of input in \u hexadecimal character escape at byte 5`},
		{`"\u00g0"`, `invalid character 'g' in \u hexadecimal character escape at byte 5`},
		{`"\x"`, `invalid character 'x' in string escape code at byte 2`},
		{"\"a\nb\"", `invalid character '\n' in string literal at byte 2`},
		{"\"a\x00b\"", `invalid character '\x00' in string literal at byte 2`},
		{"\"a\xffb\"", `invalid UTF-8 at byte 2`},
		{"\"\xed\xa0\x80\"", `invalid UTF-8 at byte 1`}, // a surrogate
		{"\"\xc0\xaf\"", `invalid UTF-8 at byte 1`},     // longer than need be
		{"\"\xf4\x90\x80\x80\"", `invalid UTF-8 at byte 1`},
		{"\"\xe2\x82", `invalid UTF-8 at byte 1`},
		{"[\xff]", `invalid UTF-8 at byte 1`},
		{"\ufeff{}", `invalid character '\ufeff' looking for beginning of value at byte 0`},
		{"\u00a01", `invalid character '\u00a0' looking for beginning of value at byte 0`},
		{`tru`, `unexpected end of input in literal true at byte 3`},
		{`trux`, `invalid character 'x' in literal true at byte 3`},
		{`nul]`, `invalid character ']' in literal null at byte 3`},
		{`falsey`, `invalid character 'y' after top-level value at byte 5`},
		{`01`, `invalid character '1' after top-level value at byte 1`},
		{`-`, `unexpected end of input in numeric literal at byte 1`},
		{`-x`, `invalid character 'x' in numeric literal at byte 1`},
		{`1.`, `unexpected end of input in numeric literal at byte 2`},
		{`1.e3`, `invalid character 'e' in numeric literal at byte 2`},
		{`1e+`, `unexpected end of input in numeric literal at byte 3`},
		{`+1`, `invalid character '+' looking for beginning of value at byte 0`},
		{`.5`, `invalid character '.' looking for beginning of value at byte 0`},
		{`NaN`, `invalid character 'N' looking for beginning of value at byte 0`},
		{`[[[[]]]]`, `nested deeper than 3 levels at byte 3`},
		{`{"a":[{"b":{}}]}`, `nested deeper than 3 levels at byte 11`},
	}
	for _, c := range cases {
		err := Check([]byte(c.text), 3)
		if err == nil || err.Error() != c.want {
			t.Errorf("Check(%q)\n got %v\nwant %s", c.text, err, c.want)
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Check(%q) gives a %T", c.text, err)
		}
	}
}

func TestCheckAcceptsJSON(t *testing.T) {
	for _, text := range []string{
		`0`, `-0`, `10`, `-1.25E-7`, `1e5`, ` true `, "\r\n\tnull", `""`, `"\"\\\/\b\f\n\r\t\u00Ff\ud800"`, `"` + "\x7f" + `"`,
		`"é 世界 😀 e` + "\u0301 \u2028 \ufffd \uffff \U0010ffff" + `"`,
		`[]`, `{}`, `[ ]`, `{ }`, `[[],[[]],{}]`, `{"a":{"b":{}},"a":[1,2]}`, `{"":""}`, `[[],[{"a":[]}]]`,
	} {
		if err := Check([]byte(text), 4); err != nil {
			t.Errorf("Check(%q): %v", text, err)
		}
	}
}

// Every byte a string can go wrong at is tried at every place within a word,
// as strings are scanned by words.
func TestCheckSeesEveryByteOfAString(t *testing.T) {
	for length := range 40 {
		text := []byte(`"` + strings.Repeat("x", length) + `"`)
		if err := Check(text, 0); err != nil {
			t.Fatalf("Check(%s): %v", text, err)
		}
		for at := 1; at <= length; at++ {
			for _, bad := range []byte{0x00, 0x1f, 0x80, 0xff, '"', '\\'} {
				text[at] = bad
				// A backslash is only wrong before an x; before the quote it makes the string endless.
				if err := Check(text, 0); err == nil {
					t.Fatalf("Check(%q) is nil", text)
				}
			}
			text[at] = 'x'
		}
	}
}

func TestCheckDepth(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat(`[{"a":`, n/2) + `1` + strings.Repeat(`}]`, n/2))
	}
	for _, depth := range []int{0, 2, 64, 254, 256, 258, 320, 2000} {
		if err := Check(nested(depth), depth); err != nil {
			t.Errorf("%d levels: %v", depth, err)
		}
		if err := Check(nested(depth+2), depth); err == nil {
			t.Errorf("%d levels pass a limit of %d", depth+2, depth)
		}
	}
	if err := Check([]byte(`[]`), -1); err == nil {
		t.Error("a negative limit lets an array pass")
	}
}

// Mismatched brackets at every level show that each level's kind is remembered.
func TestCheckRemembersKindsOfContainers(t *testing.T) {
	const depth = 400
	text := []byte(strings.Repeat(`[{"a":`, depth/2) + `1` + strings.Repeat(`}]`, depth/2))
	for i := len(text) - depth; i < len(text); i++ {
		text[i] ^= '}' ^ ']'
		if Check(text, depth) == nil {
			t.Fatalf("%c in place of the other bracket passes at byte %d", text[i], i)
		}
		text[i] ^= '}' ^ ']'
	}
}

func TestHostileNestingIsRefusedQuickly(t *testing.T) {
	deep := []byte(strings.Repeat("[", 10_000_000))
	start := time.Now()
	if err := Check(deep, 64); err == nil || err.Error() != "nested deeper than 64 levels at byte 64" {
		t.Errorf("got %v", err)
	}
	if err := Check(deep, len(deep)); err == nil {
		t.Error("unclosed brackets pass")
	}
	survive(deep[:100_000])
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	sns := snsEnvelope()
	escaped := []byte(`"line\nbreak \u00e9 \ud83d\ude00"`)
	list := []byte(`[1,[2],"3"]`)
	p := NewPath("MessageAttributes", "type", "Value")
	var f Fields
	f.Index(sns)
	for name, read := range map[string]func(){
		"Check":     func() { Check(sns, 64) },
		"Find":      func() { p.Find(sns) },
		"Index":     func() { f.Index(sns); f.Get("Message"); f.Find(p) },
		"EqualText": func() { EqualText(escaped, "line\nbreak é 😀") },
		"Count":     func() { CountElements(list) },
	} {
		if n := testing.AllocsPerRun(100, read); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
