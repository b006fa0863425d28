package embedded

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

	"github.com/leat-io/leat/pipeline"
)

// filter tells that a key is certainly not in a segment, and is wrong about one
// in a thousand of the others. It is a blocked Bloom filter: a key sets eight
// bits of one block of 32 bytes, so that a question costs one cache line. Keys
// are digests already and need no further hashing.
//
// Keys are added by the writer alone; anybody may ask meanwhile.
type filter struct {
	layers atomic.Pointer[[]*layer] // each has room for four times the keys of the one before
}

type layer struct {
	blocks []block
	room   int // for so many more keys
}

type block [8]uint32

const (
	keysPerBlock = 16 // 16 bits per key
	firstBlocks  = 256
)

// mayHave reports whether the key may have been added.
func (f *filter) mayHave(key pipeline.Digest) bool {
	layers := f.layers.Load()
	if layers == nil {
		return false
	}
	for _, l := range *layers {
		if l.block(key).has(key) {
			return true
		}
	}
	return false
}

// add makes mayHave true for the key.
func (f *filter) add(key pipeline.Digest) {
	if f.mayHave(key) {
		return
	}
	l := f.roomy()
	l.block(key).set(key)
	l.room--
}

// roomy returns the last layer, or a new one when that is full.
func (f *filter) roomy() *layer {
	var layers []*layer
	blocks := firstBlocks
	if old := f.layers.Load(); old != nil {
		layers = *old
		last := layers[len(layers)-1]
		if last.room > 0 {
			return last
		}
		blocks = 4 * len(last.blocks)
	}
	l := &layer{blocks: make([]block, blocks), room: blocks * keysPerBlock}
	grown := append(layers[:len(layers):len(layers)], l)
	f.layers.Store(&grown)
	return l
}

// block chooses by the first half of the key, the bits come from the second.
func (l *layer) block(key pipeline.Digest) *block {
	i, _ := bits.Mul64(binary.LittleEndian.Uint64(key[:8]), uint64(len(l.blocks)))
	return &l.blocks[i]
}

func (b *block) has(key pipeline.Digest) bool {
	from := binary.LittleEndian.Uint64(key[8:])
	for i := range b {
		if atomic.LoadUint32(&b[i])&(1<<(from&31)) == 0 {
			return false
		}
		from >>= 5
	}
	return true
}

func (b *block) set(key pipeline.Digest) {
	from := binary.LittleEndian.Uint64(key[8:])
	for i := range b {
		atomic.OrUint32(&b[i], 1<<(from&31))
		from >>= 5
	}
}
