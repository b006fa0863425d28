package rawjson

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	cases := map[string]string{
		`"abc"`:                                 "abc",
		` "abc" `:                               "abc",
		`""`:                                    "",
		`"\"\\\/\b\f\n\r\t"`:                    "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u4e16\u0000"`:            "Aé世\x00",
		`"\ud83d\ude00"`:                        "😀",
		`"\uD83D\uDE00"`:                        "😀",
		`"\ud83d"`:                              "\ufffd",
		`"\ud83dx"`:                             "\ufffdx",
		`"\ude00\ud83d"`:                        "\ufffd\ufffd",
		`"\ud83d\u0041"`:                        "\ufffdA",
		`"\ud83d\ud83d\ude00"`:                  "\ufffd😀",
		`"\ud83d\n"`:                            "\ufffd\n",
		`-1.50 `:                                "-1.50",
		` true`:                                 "true",
		`null`:                                  "null",
		`{"a": 1}`:                              `{"a": 1}`,
		`"` + strings.Repeat(`x\n`, 1000) + `"`: strings.Repeat("x\n", 1000),
		`"é\tü\"` + strings.Repeat("世", 20) + `\\"`: "é\tü\"" + strings.Repeat("世", 20) + "\\",
	}
	for v, want := range cases {
		if got := Text([]byte(v)); got != want {
			t.Errorf("Text(%s) = %q, want %q", v, got, want)
		}
		if got := AppendText([]byte("before "), []byte(v)); string(got) != "before "+want {
			t.Errorf("AppendText(%s) = %q", v, got)
		}
		isString := KindOf([]byte(v)) == String
		if EqualText([]byte(v), want) != isString {
			t.Errorf("EqualText(%s, %q) = %v", v, want, !isString)
		}
	}
}

// An escape is tried at every place within a word, since texts are copied by
// words, and into memory that already holds something.
func TestAppendTextAtEveryPlace(t *testing.T) {
	dst := []byte(strings.Repeat("#", 100))
	for length := range 30 {
		for at := range length + 1 {
			before, after := strings.Repeat("a", at), strings.Repeat("b", length-at)
			for escape, want := range map[string]string{`\n`: "\n", `\u00e9`: "é", `\ud83d\ude00`: "😀", `\\\"`: `\"`} {
				got := AppendText(dst[:3], []byte(`"`+before+escape+after+`"`))
				if string(got) != "###"+before+want+after {
					t.Fatalf("%s%s%s is read as %q", before, escape, after, got)
				}
			}
		}
	}
}

func TestEqualTextComparesExactly(t *testing.T) {
	for _, s := range []string{"", "a", "aé", "aé😀", "aé😀b\x00"} {
		if EqualText([]byte(`"a\u00e9\ud83d\ude00b"`), s) {
			t.Errorf("equal to %q", s)
		}
	}
	if EqualText([]byte(`1`), "1") {
		t.Error("a number equals a text")
	}
}

func TestCompact(t *testing.T) {
	got := Compact([]byte("x"), []byte(" {\n\t\"a b\" : [ 1 , \"c \\\" d\" ] ,\r\n\"e\":{ } } "))
	if want := `x{"a b":[1,"c \" d"],"e":{}}`; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
