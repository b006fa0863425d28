package coalesce

// Batch is items that were sent together, for those who are told what became of them.
type Batch struct {
	// Value is for the first who is told to leave something for the others.
	Value any
	// AtEnd is called once all of them have been told. Nil: nothing is.
	AtEnd func()
}

// Start is [Coalescer.Do] for a caller that does not wait: told is called with what became
// of the item, in another goroutine, one after another for all that were sent together.
// It must not wait for anything that could be sent. After [ErrClosed] it is not called.
func (c *Coalescer[T]) Start(value T, size int, group string, told func(err error, sent *Batch)) error {
	return c.add(&item[T]{value: value, size: size, told: told}, group)
}

func hasTold[T any](batch []*item[T]) bool {
	for _, m := range batch {
		if m.told != nil {
			return true
		}
	}
	return false
}

// tell calls those who do not wait.
func (c *Coalescer[T]) tell(batch []*item[T]) {
	b := &Batch{}
	for _, m := range batch {
		if m.told != nil {
			m.told(m.err, b)
		}
	}
	if b.AtEnd != nil {
		b.AtEnd()
	}
	for _, m := range batch {
		if m.told != nil {
			c.calls.Done()
		}
	}
}
