package wire

import (
	"math/bits"
	"sync"
)

// buffers are used again. Those of gRPC come in a few sizes and are cleared each time,
// which for a batch of events takes longer than to encode it.
var buffers = &pool{}

// Buffer returns an empty buffer with room for n bytes. A [Frame] gives it back once it
// is sent.
func Buffer(n int) []byte { return (*buffers.Get(n))[:0] }

// Release gives a buffer back that nobody uses any more.
func Release(b []byte) { buffers.Put(&b) }

const (
	smallest = 10 // the power of two of the smallest size that is kept
	largest  = 22 // and of the largest
)

type pool struct {
	sizes [largest - smallest + 1]sync.Pool
}

// Get implements mem.BufferPool.
func (p *pool) Get(n int) *[]byte {
	class := max(bits.Len(uint(max(n, 1)-1)), smallest)
	if class > largest {
		b := make([]byte, n)
		return &b
	}
	if kept, ok := p.sizes[class-smallest].Get().(*[]byte); ok {
		*kept = (*kept)[:n]
		return kept
	}
	b := make([]byte, n, 1<<class)
	return &b
}

// Put implements mem.BufferPool.
func (p *pool) Put(b *[]byte) {
	class := bits.Len(uint(cap(*b))) - 1 // as many bytes as it has, or fewer
	if class < smallest || class > largest {
		return
	}
	p.sizes[class-smallest].Put(b)
}
