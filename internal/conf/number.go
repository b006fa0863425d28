package conf

import (
	"errors"
	"strconv"
	"strings"
)

// numberOK reports what is wrong with a number, if anything. Leading zeros are
// refused, because YAML of some age reads them as octal.
func (d *decoder) numberOK(n *Node, err error, what string) bool {
	digits := strings.TrimLeft(n.Value, "+-")
	switch {
	case n.Kind != Scalar:
		d.want(n, what)
	case errors.Is(err, strconv.ErrRange):
		d.want(n, what).Hint = "it is too large or too small for this setting"
	case err != nil:
		d.want(n, what)
	case len(digits) > 1 && digits[0] == '0' && digits[1] != '.':
		d.want(n, what).Hint = "write it without leading zeros"
	default:
		return true
	}
	return false
}
