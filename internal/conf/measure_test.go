package conf

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "512": 512, "12B": 12, "64KiB": 64 << 10, "1MiB": 1 << 20, "1.5 GiB": 3 << 29,
		"10MB": 10_000_000, "10mb": 10_000_000, "1kB": 1000,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "MB", "1M", "1e3", "1.2.3KB", "9999999TiB", "0x10", "NaN"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", text, got)
		}
	}
}

func TestSizeReadsWhatItPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Size(rapid.Int64Range(0, 1<<52).Draw(t, "size"))
		if got, err := ParseSize(size.String()); err != nil || got != size {
			t.Fatalf("%s became %s, %v", size, got, err)
		}
	})
}

func TestParseRange(t *testing.T) {
	for text, want := range map[string]Range{
		"200ms..30s": {200 * time.Millisecond, 30 * time.Second},
		"5s":         {5 * time.Second, 5 * time.Second},
		"0s .. 1m":   {0, time.Minute},
	} {
		if got, err := ParseRange(text); err != nil || got != want {
			t.Errorf("ParseRange(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "..", "5s..", "30s..5s", "-1s..5s", "1..2", "1s...2s"} {
		if got, err := ParseRange(text); err == nil {
			t.Errorf("ParseRange(%q) = %v, want an error", text, got)
		}
	}
}
