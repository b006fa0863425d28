// Package race lets tests do less where the race detector makes everything five to ten
// times slower. What they do then is enough to meet races; without the detector they do
// all of it.
package race

import (
	"flag"
	"strconv"
	"testing"
)

// fewer is the part that is left with the race detector.
const fewer = 4

// Fewer returns n, or a part of it with the race detector.
func Fewer(n int) int {
	if Detector {
		return max(1, n/fewer)
	}
	return n
}

// FewerDraws has the property tests of t draw fewer cases with the race detector, unless
// the command line says how many.
func FewerDraws(t testing.TB) {
	checks := flag.Lookup("rapid.checks")
	if !Detector || checks == nil || checks.Value.String() != checks.DefValue {
		return
	}
	n, err := strconv.Atoi(checks.DefValue)
	if err != nil {
		t.Fatal(err)
	}
	set := func(value string) {
		if err := checks.Value.Set(value); err != nil {
			t.Fatal(err)
		}
	}
	set(strconv.Itoa(Fewer(n)))
	t.Cleanup(func() { set(checks.DefValue) })
}
