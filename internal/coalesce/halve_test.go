package coalesce

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var errTooLong, errAway = errors.New("too long"), errors.New("away")

func TestHalveFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		items    string
		requests string
		results  string
	}{
		{"abc", "abc", "ok ok ok"},
		{"aXbc", "aXbc aX a X bc", "ok too_long ok ok"},
		{"X", "X", "too_long"},
		{"XX", "XX X X", "too_long too_long"},
		{"abcXde!f", "abcXde!f abcX ab cX c X de!f", "ok ok ok too_long away away away away"},
		{"!X", "!X", "away away"},
		{"an", "an", "ok no"},
	} {
		var requests []string
		errs := Halve(strings.Split(c.items, ""), func(items []string) ([]error, error) {
			all := strings.Join(items, "")
			requests = append(requests, all)
			switch {
			case strings.Contains(all, "!") && len(items) < 8:
				return nil, errAway
			case strings.Contains(all, "X"):
				return nil, errTooLong
			}
			var out []error
			for _, it := range items {
				if it == "n" {
					out = append(out, errors.New("no"))
				} else {
					out = append(out, nil)
				}
			}
			return out, nil
		}, func(err error) bool { return errors.Is(err, errTooLong) })
		var results []string
		for _, err := range errs {
			text := "ok"
			if err != nil {
				text = strings.ReplaceAll(fmt.Sprint(err), " ", "_")
			}
			results = append(results, text)
		}
		if got := strings.Join(requests, " "); got != c.requests || !slices.Equal(results, strings.Fields(c.results)) {
			t.Errorf("%s: requests %s, results %v", c.items, got, results)
		}
	}
}
