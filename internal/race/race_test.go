package race

import (
	"testing"

	"pgregory.net/rapid"
)

func TestFewerDraws(t *testing.T) {
	count := func(t *testing.T) (n int) {
		rapid.Check(t, func(*rapid.T) { n++ })
		return n
	}
	all := count(t)
	t.Run("fewer", func(t *testing.T) {
		FewerDraws(t)
		if got := count(t); got != Fewer(all) {
			t.Errorf("%d draws, want %d", got, Fewer(all))
		}
	})
	if got := count(t); got != all {
		t.Errorf("afterwards %d draws, want %d", got, all)
	}
}
