package rawjson

// checkScalar reads a number, true, false or null and returns where it ends.
func checkScalar(b []byte, i int) (int, fault) {
	switch c := b[i]; {
	case c == '-' || isDigit(c):
		return checkNumber(b, i)
	case c == 't':
		return checkWord(b, i, "true", inTrue)
	case c == 'f':
		return checkWord(b, i, "false", inFalse)
	case c == 'n':
		return checkWord(b, i, "null", inNull)
	}
	return i, atValue
}

func checkWord(b []byte, i int, word string, f fault) (int, fault) {
	if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
		return i + len(word), ""
	}
	for k := 0; i < len(b) && b[i] == word[k]; k++ {
		i++
	}
	return i, f
}

// checkNumber follows RFC 8259: no leading zeros or plus, digits on both sides
// of the point and after the e.
func checkNumber(b []byte, i int) (int, fault) {
	if b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b) || !isDigit(b[i]):
		return i, inNumber
	case b[i] == '0':
		i++
	default:
		i = skipDigits(b, i)
	}
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = skipDigits(b, from); i == from {
			return i, inNumber
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		return checkExponent(b, i+1)
	}
	return i, ""
}

func checkExponent(b []byte, i int) (int, fault) {
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	end := skipDigits(b, i)
	if end == i {
		return end, inNumber
	}
	return end, ""
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c-'0' < 10 }
