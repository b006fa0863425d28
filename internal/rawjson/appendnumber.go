package rawjson

import (
	"fmt"
	"math"
	"strconv"
)

// appendGoNumber appends v if it is one of Go's number types, and tells whether
// it is.
func appendGoNumber(dst []byte, v any) (out []byte, ok bool, err error) {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(dst, v, 10), true, nil
	case float64:
		out, err = appendFloat(dst, v, 64)
		return out, true, err
	case float32:
		out, err = appendFloat(dst, float64(v), 32)
		return out, true, err
	case int:
		return strconv.AppendInt(dst, int64(v), 10), true, nil
	case int8:
		return strconv.AppendInt(dst, int64(v), 10), true, nil
	case int16:
		return strconv.AppendInt(dst, int64(v), 10), true, nil
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), true, nil
	}
	u, ok := unsigned(v)
	if !ok {
		return dst, false, nil
	}
	return strconv.AppendUint(dst, u, 10), true, nil
}

func unsigned(v any) (uint64, bool) {
	switch v := v.(type) {
	case uint:
		return uint64(v), true
	case uint8:
		return uint64(v), true
	case uint16:
		return uint64(v), true
	case uint32:
		return uint64(v), true
	case uint64:
		return v, true
	case uintptr:
		return uint64(v), true
	}
	return 0, false
}

// appendFloat spells f as encoding/json does: the shortest text that reads back
// the same, with an exponent only for very small and very large numbers.
func appendFloat(dst []byte, f float64, size int) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, fmt.Errorf("JSON has no number for %v", f)
	}
	format, abs := byte('f'), math.Abs(f)
	if size == 32 {
		abs = float64(float32(abs))
	}
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, size)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-3] == '-' && dst[n-2] == '0' {
		dst = append(dst[:n-2], dst[n-1]) // e-09 is spelled e-9
	}
	return dst, nil
}
