package enrich

import (
	"errors"
	"strings"
)

// piece is a part of a template before it is compiled.
type piece struct {
	text   string
	isExpr bool
	offset int // of an expression: where it begins
}

var (
	errOpen   = errors.New(`"{" is not closed with "}": an expression stands in braces, and {{ is a brace`)
	errClosed = errors.New(`"}" without "{" before it: an expression stands in braces, and }} is a brace`)
	errEmpty  = errors.New("must not be empty")
)

// cut takes a template apart.
func cut(text string) (pieces []piece, err error) {
	if text == "" {
		return nil, errEmpty
	}
	for at := 0; at < len(text); {
		var p piece
		if p, at, err = next(text, at); err != nil {
			return nil, err
		}
		pieces = append(pieces, p)
	}
	return pieces, nil
}

// next returns the piece that begins at a place, and where the one after it does.
func next(text string, at int) (_ piece, end int, err error) {
	switch c := text[at]; {
	case c != '{' && c != '}':
		end = len(text)
		if size := strings.IndexAny(text[at:], "{}"); size >= 0 {
			end = at + size
		}
		return piece{text: text[at:end]}, end, nil
	case at+1 < len(text) && text[at+1] == c:
		return piece{text: text[at : at+1]}, at + 2, nil
	case c == '}':
		return piece{}, 0, errClosed
	}
	size := closing(text[at+1:])
	if size < 0 {
		return piece{}, 0, errOpen
	}
	end = at + 1 + size
	return piece{text[at+1 : end], true, at + 1}, end + 1, nil
}

// closing returns where the brace that ends an expression is, or -1. Braces in
// quotes do not count, nor those of a map.
func closing(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}
