package conf

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that is not printed by accident: formatting, logging or encoding
// it gives ***. Keep it in exported fields and out of the keys of maps: fmt does
// not ask what it cannot reach, and JSON does not ask keys.
type Secret string

const hidden = "***"

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string   { return hidden }
func (Secret) GoString() string { return hidden }

// Format hides the text from verbs such as %x, which do not ask for String.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the text from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides the text from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the text from JSON.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
