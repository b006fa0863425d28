package wire

// Where messages lie in those of results: results, emit, events, and in these time and
// metadata.
const (
	resultsOf = 1<<3 | 2
	emitOf    = 2<<3 | 2
	outputsOf = 1<<3 | 2
	timeOf    = 5<<3 | 2
	metaOf    = 6<<3 | 2
)

// Parts is how many messages there are within one of results. What cannot be read is not
// counted.
func Parts(message []byte) int {
	return parts(message, resultsOf, func(result []byte) int {
		return parts(result, emitOf, func(emit []byte) int {
			return parts(emit, outputsOf, func(output []byte) int {
				none := func([]byte) int { return 0 }
				return parts(output, timeOf, none) + parts(output, metaOf, none)
			})
		})
	})
}

// parts counts the fields of a kind, and what within gives for each.
func parts(message []byte, tag int, within func([]byte) int) (n int) {
	_ = fields(message, func(f field) error {
		if int(f.tag) == tag {
			n += 1 + within(f.bytes)
		}
		return nil
	})
	return n
}
