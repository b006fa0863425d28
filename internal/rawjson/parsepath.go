package rawjson

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// ParsePath reads a path such as a.b[0].c or a["x.y"]. Keys of letters, digits,
// '_', '-' and non-ASCII characters need no quotes; others stand in brackets as
// JSON strings. The empty text is the zero Path, the whole value. The error
// names the path and the byte, from 0, at which it goes wrong.
func ParsePath(s string) (Path, error) {
	if !utf8.ValidString(s) {
		return Path{}, fmt.Errorf("path %q: invalid UTF-8", s)
	}
	r := pathReader{text: s}
	for !r.done() {
		if err := r.step(); err != nil {
			return Path{}, fmt.Errorf("path %q: %w at byte %d", s, err, r.at)
		}
	}
	return Path{steps: r.steps}, nil
}

type pathReader struct {
	text  string
	at    int
	steps []step
}

func (r *pathReader) done() bool { return r.at >= len(r.text) }

func (r *pathReader) step() error {
	switch {
	case r.text[r.at] == '[':
		r.at++
		return r.bracket()
	case r.at == 0:
		return r.bareKey()
	case r.text[r.at] == '.':
		r.at++
		return r.bareKey()
	}
	return errors.New("want '.' or '[' (other keys are written [\"key\"])")
}

func (r *pathReader) bareKey() error {
	start := r.at
	for !r.done() && isBare(r.text[r.at]) {
		r.at++
	}
	if r.at == start {
		return errors.New("want a key of letters, digits, '_' or '-' (others are written [\"key\"])")
	}
	r.steps = append(r.steps, step{key: r.text[start:r.at]})
	return nil
}

// bracket reads what follows a '['.
func (r *pathReader) bracket() error {
	var err error
	if !r.done() && r.text[r.at] == '"' {
		err = r.quotedKey()
	} else {
		err = r.index()
	}
	if err != nil {
		return err
	}
	if r.done() || r.text[r.at] != ']' {
		return errors.New("want ']'")
	}
	r.at++
	return nil
}

func (r *pathReader) quotedKey() error {
	start := r.at
	end, f := checkString([]byte(r.text), start+1)
	if f != "" {
		r.at = end
		return errors.New("bad quoted key")
	}
	r.at = end
	r.steps = append(r.steps, step{key: Text([]byte(r.text[start:end]))})
	return nil
}

func (r *pathReader) index() error {
	start := r.at
	end := skipDigits([]byte(r.text), start)
	n, err := strconv.Atoi(r.text[start:end])
	if end == start {
		return errors.New("want an index from 0 or a quoted key")
	}
	if err != nil {
		return errors.New("index too large")
	}
	r.at = end
	r.steps = append(r.steps, step{index: n, isIndex: true})
	return nil
}
