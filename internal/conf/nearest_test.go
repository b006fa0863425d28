package conf

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNearestFindsWhatWasMeant(t *testing.T) {
	among := []string{"ttl", "dedupe", "max_in_flight", "on_error", "to", "id", "window"}
	for name, want := range map[string]string{
		"ttll": "ttl", "tll": "ttl", "dedup": "dedupe", "dudepe": "dedupe",
		"maxInFlight": "max_in_flight", "max-in-flight": "max_in_flight", "onerror": "on_error",
		"TTL": "ttl", "windwo": "window", "x": "", "late": "", "retry": "", "": "",
	} {
		if got := Nearest(name, among); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestNearestReturnsOneOfTheNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		among := rapid.SliceOf(rapid.StringMatching(`[a-z_]{1,12}`)).Draw(t, "among")
		name := rapid.String().Draw(t, "name")
		if got := Nearest(name, among); got != "" && !slices.Contains(among, got) {
			t.Fatalf("%q is not among %q", got, among)
		}
	})
}

func TestNearestForgivesOneWrongLetter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := []rune(rapid.StringMatching(`[a-z]{3,12}`).Draw(t, "name"))
		wrong := slices.Clone(name)
		wrong[rapid.IntRange(0, len(name)-1).Draw(t, "at")] = 'X'
		if got := Nearest(string(wrong), []string{"0123456789012345", string(name)}); got != string(name) {
			t.Fatalf("Nearest(%q) = %q, want %q", string(wrong), got, string(name))
		}
	})
}

func TestEditDistanceIsTheSameBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if there, back := editDistance(a, b), editDistance(b, a); there != back || (there == 0) != (a == b) {
			t.Fatalf("%q to %q is %d, and back %d", a, b, there, back)
		}
	})
}
