package sqstest

import "math/rand/v2"

// newID returns a random UUID.
func newID() string {
	const digits = "0123456789abcdef"
	b := make([]byte, 36)
	for i := 0; i < len(b); {
		for bits, n := rand.Uint64(), 0; n < 16 && i < len(b); i, n, bits = i+1, n+1, bits>>4 {
			b[i] = digits[bits&15]
		}
	}
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	b[14], b[19] = '4', digits[8|rand.Uint64()&3]
	return string(b)
}
