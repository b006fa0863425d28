package sqstest

import "container/heap"

// hidden is the messages that are not visible, the next one to become so first.
type hidden []*message

func (h hidden) Len() int { return len(h) }

func (h hidden) Less(i, j int) bool {
	if h[i].due == h[j].due {
		return h[i].number < h[j].number
	}
	return h[i].due < h[j].due
}

func (h hidden) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heapAt, h[j].heapAt = i, j
}

// Push implements [heap.Interface].
func (h *hidden) Push(x any) {
	m := x.(*message)
	m.heapAt = len(*h)
	*h = append(*h, m)
}

// Pop implements [heap.Interface].
func (h *hidden) Pop() any {
	last := len(*h) - 1
	m := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return m
}

func (h *hidden) add(m *message)    { heap.Push(h, m) }
func (h *hidden) remove(m *message) { heap.Remove(h, m.heapAt) }
func (h *hidden) moved(m *message)  { heap.Fix(h, m.heapAt) }
