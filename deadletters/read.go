package deadletters

import (
	"context"
	"fmt"

	"github.com/leat-io/leat/pipeline"
)

// Broken is what stands among the letters and is none.
type Broken struct {
	Number int
	Place  string
	Err    error
}

func (b Broken) String() string { return fmt.Sprintf("%s: %v", b.Place, b.Err) }

// Read calls f for each letter that is meant, in the order in which they were written,
// and returns what is no letter. An error ends the reading.
func (c *Choice) Read(ctx context.Context, box pipeline.LetterBox, f func(*pipeline.Letter)) (broken []Broken, err error) {
	for l, err := range box.Read(ctx) {
		switch {
		case l == nil:
			return broken, err
		case err != nil:
			broken = append(broken, Broken{l.Number, l.Place, err})
		case c.Takes(l):
			f(l)
		}
	}
	return broken, nil
}
