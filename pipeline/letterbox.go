package pipeline

import (
	"context"
	"fmt"
	"iter"
)

// LetterBox reads back what a sink has stored of dead letters, and remembers which of
// them were replayed. The settings of a sink that can do so have a method
// LetterBox() LetterBox.
type LetterBox interface {
	// Read yields the letters in the order in which they were written. What is no
	// letter comes as an error together with its number and place, and the others
	// follow; an error without a letter ends the reading. It changes nothing, and
	// may be called while others write.
	Read(ctx context.Context) iter.Seq2[*Letter, error]
	// Begin begins a replay. There is one at a time: while another process is at it,
	// Begin returns an error that says so.
	Begin() (LetterMarks, error)
}

// LetterMarks records what became of letters that are replayed.
type LetterMarks interface {
	// Mark records it for one letter, for every later Read. It returns once the record
	// outlives the process. It may be called concurrently.
	Mark(l *Letter, became LetterStatus) error
	// Close ends the replay.
	Close() error
}

// Letter is a dead letter in its box.
type Letter struct {
	DeadLetter
	// Number counts from 1 in the order of the box.
	Number int
	// Place is where it is stored, such as a file and a line of it.
	Place string
	// Mark names the letter among those of its box, for as long as it is stored.
	Mark   string
	Status LetterStatus
}

// LetterStatus is what became of a letter.
type LetterStatus string

// What can become of a letter.
const (
	LetterWaits     LetterStatus = ""          // it was not replayed
	LetterDelivered LetterStatus = "delivered" // its event was settled by a replay
	LetterReplaced  LetterStatus = "replaced"  // its event failed again, and there is a new letter
)

// LetterBox returns the box behind a sink, which need not be one for dead letters. The
// error says that there is no such sink, or that its kind cannot be read back.
func (p *Pipeline) LetterBox(name string) (LetterBox, error) {
	for _, s := range p.sinks {
		if s.name != name {
			continue
		}
		if c, ok := s.config.(interface{ LetterBox() LetterBox }); ok {
			return c.LetterBox(), nil
		}
		return nil, fmt.Errorf("sink %q is of a kind that cannot be read back: send dead letters to a file sink, or copy what this one holds to a file of a line each", name)
	}
	names := namesOf(p.sinks, func(s *sink) string { return s.name })
	if near := didYouMean(name, names); near != "" {
		return nil, fmt.Errorf("there is no sink %q%s", name, near)
	}
	return nil, fmt.Errorf("there is no sink %q; there are: %s", name, list(names))
}

// DeadLetterSinks returns the sinks that on_error names, in the order of the file.
func (p *Pipeline) DeadLetterSinks() (names []string) {
	for _, s := range p.sinks {
		if s.dead {
			names = append(names, s.name)
		}
	}
	return names
}
