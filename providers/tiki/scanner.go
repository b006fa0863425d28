package tiki

import (
	"errors"
	"fmt"
)

// scanner tells the parts of a JSON text apart without looking at what is in them: a part
// that is not quite JSON is found like any other, as long as its strings, brackets and
// braces end.
type scanner struct {
	b []byte
	i int
}

// maxNesting bounds the memory that nesting takes, one byte a level.
const maxNesting = 10_000

var (
	errEnds    = errors.New("it breaks off")
	errNesting = errors.New("its brackets and braces do not match")
)

// object calls member with the key, quotes included, and the value of each member.
func (s *scanner) object(member func(key, value []byte) error) error {
	return s.list('{', '}', func() error {
		key, err := s.part()
		if err != nil {
			return err
		}
		if len(key) == 0 || key[0] != '"' {
			return s.unexpected()
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		value, err := s.part()
		if err != nil {
			return err
		}
		return member(key, value)
	})
}

// array calls each with its elements.
func (s *scanner) array(each func(value []byte) error) error {
	return s.list('[', ']', func() error {
		value, err := s.part()
		if err != nil {
			return err
		}
		return each(value)
	})
}

// list reads the whole text as items between two brackets.
func (s *scanner) list(opening, closing byte, item func() error) error {
	if err := s.expect(opening); err != nil {
		return err
	}
	s.space()
	if s.i < len(s.b) && s.b[s.i] == closing {
		s.i++
		return s.end()
	}
	for {
		if err := item(); err != nil {
			return err
		}
		s.space()
		switch {
		case s.i == len(s.b):
			return errEnds
		case s.b[s.i] == ',':
			s.i++
		case s.b[s.i] == closing:
			s.i++
			return s.end()
		default:
			return s.unexpected()
		}
	}
}

func (s *scanner) end() error {
	if s.space(); s.i < len(s.b) {
		return s.unexpected()
	}
	return nil
}

func (s *scanner) expect(c byte) error {
	s.space()
	switch {
	case s.i == len(s.b):
		return errEnds
	case s.b[s.i] != c:
		return s.unexpected()
	}
	s.i++
	return nil
}

func (s *scanner) unexpected() error {
	if s.i == len(s.b) {
		return errEnds
	}
	return fmt.Errorf("%q is not expected at byte %d", s.b[s.i], s.i)
}

func (s *scanner) space() {
	for s.i < len(s.b) && isSpace(s.b[s.i]) {
		s.i++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// part returns the next value without the space around it.
func (s *scanner) part() ([]byte, error) {
	s.space()
	start := s.i
	if s.i == len(s.b) {
		return nil, errEnds
	}
	var err error
	switch s.b[s.i] {
	case '"':
		err = s.text()
	case '{', '[':
		err = s.nested()
	default:
		s.scalar()
	}
	if err == nil && s.i == start {
		err = s.unexpected()
	}
	return s.b[start:s.i], err
}

// text passes a string.
func (s *scanner) text() error {
	for s.i++; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case '\\':
			s.i++
		case '"':
			s.i++
			return nil
		}
	}
	s.i = len(s.b)
	return errEnds
}

// nested passes an object or array with all that is in it.
func (s *scanner) nested() error {
	var open []byte
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case '"':
			if err := s.text(); err != nil {
				return err
			}
			continue
		case '{', '[':
			if open = append(open, c+2); len(open) > maxNesting { // in ASCII the closing one is two further
				return errNesting
			}
		case '}', ']':
			if open[len(open)-1] != c {
				return errNesting
			}
			open = open[:len(open)-1]
		}
		if s.i++; len(open) == 0 {
			return nil
		}
	}
	return errEnds
}

// scalar passes anything up to what can stand behind a value.
func (s *scanner) scalar() {
	for s.i < len(s.b) && !isSpace(s.b[s.i]) {
		switch s.b[s.i] {
		case ',', ':', ']', '}', '[', '{', '"':
			return
		}
		s.i++
	}
}
