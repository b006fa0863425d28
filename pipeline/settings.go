package pipeline

import "github.com/leat-io/leat/internal/conf"

// Types for the fields of settings structs, beside Go's own, [time.Duration],
// [Expr], [Path], [Identity], [Targets], and what implements
// [encoding.TextUnmarshaler].
type (
	// Secret is text that prints as *** wherever it is printed; Reveal gives it.
	Secret = conf.Secret
	// Size is a number of bytes, written as 64KiB, 1MiB or 10MB.
	Size = conf.Size
	// Range is a shortest and a longest duration, written as 200ms..30s.
	Range = conf.Range
)
