package rawjson

import (
	"fmt"
	"slices"
	"testing"
)

// CheckIndex must say what Check says and find what Index finds.
func FuzzCheckIndex(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, ` { "a" : [1,{"b":2}] , "a\u0041" : "x" } `, `{"a":1}x`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1]`, `"x"`, ``, `{"a":{"b":{"c":1}}}`, `{"a":1 "b":2}`, "{\"\xff\":1}"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, depth int) {
		depth = min(max(depth, 0), 300)
		var one, two Fields
		err, want := one.CheckIndex(b, depth), Check(b, depth)
		if fmt.Sprint(err) != fmt.Sprint(want) {
			t.Fatalf("CheckIndex: %v\nCheck: %v", err, want)
		}
		if want == nil {
			two.Index(b)
		}
		if string(one.text) != string(two.text) || !slices.Equal(one.entries, two.entries) {
			t.Fatalf("%q %v\nwant %q %v", one.text, one.entries, two.text, two.entries)
		}
	})
}
