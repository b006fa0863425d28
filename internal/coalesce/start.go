package coalesce

import "slices"

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
// Once gone closes, an item whose turn comes is not sent, but told of [ErrStopped]. A nil
// gone never closes.
func (c *Coalescer[T]) Start(value T, size int, group string, gone <-chan struct{}, told func(err error, sent *Batch)) error {
	return c.add(&item[T]{value: value, size: size, told: told, left: gone}, group)
}

// wanting splits a batch into what is to be sent and what nobody wants any more.
func (c *Coalescer[T]) wanting(batch []*item[T]) (send, drop []*item[T]) {
	if c.givenUp {
		return nil, batch
	}
	if !slices.ContainsFunc(batch, (*item[T]).isUnwanted) {
		return batch, nil
	}
	for _, m := range batch {
		if m.isUnwanted() {
			drop = append(drop, m)
		} else {
			send = append(send, m)
		}
	}
	return send, drop
}

func (m *item[T]) isUnwanted() bool {
	select {
	case <-m.left:
		return true
	default:
		return false
	}
}

func hasTold[T any](batch []*item[T]) bool {
	return slices.ContainsFunc(batch, func(m *item[T]) bool { return m.told != nil })
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
