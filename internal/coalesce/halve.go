package coalesce

// Halve sends items in one request, and when that is refused because of what is
// in it, each half in one of its own, and so on: what is wrong with one item then
// concerns no other.
//
// send returns what became of each item, or why the whole request failed.
// concerns reports whether such a failure is about the items; all others count
// for every item, and what follows is not sent then, so that nothing overtakes
// what could not be sent.
func Halve[T any](items []T, send func([]T) ([]error, error), concerns func(error) bool) []error {
	errs, failure := halve(items, send, concerns)
	for len(errs) < len(items) {
		errs = append(errs, failure)
	}
	return errs
}

// halve returns what became of the first items, and why it is not known of the
// others.
func halve[T any](items []T, send func([]T) ([]error, error), concerns func(error) bool) ([]error, error) {
	errs, failure := send(items)
	switch {
	case failure == nil:
		out := make([]error, len(items))
		copy(out, errs)
		return out, nil
	case !concerns(failure):
		return nil, failure
	case len(items) == 1:
		return []error{failure}, nil
	}
	middle := len(items) / 2
	errs, failure = halve(items[:middle], send, concerns)
	if failure != nil {
		return errs, failure
	}
	rest, failure := halve(items[middle:], send, concerns)
	return append(errs, rest...), failure
}
