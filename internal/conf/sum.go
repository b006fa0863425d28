package conf

import (
	"encoding/binary"
	"hash"
)

// Sum adds to h what n means: its values after expansion, in their order, and not where
// they stand. Two nodes that add the same decode to the same settings.
func (n *Node) Sum(h hash.Hash) {
	if n == nil {
		sumNumber(h, -1)
		return
	}
	flags := int(n.Kind) << 2
	if n.Plain {
		flags |= 1
	}
	if n.Fold {
		flags |= 2
	}
	sumNumber(h, flags)
	sumText(h, n.Value)
	sumNumber(h, len(n.Fields))
	for _, f := range n.Fields {
		sumText(h, f.Key.Value)
		f.Value.Sum(h)
	}
	sumNumber(h, len(n.Items))
	for _, item := range n.Items {
		item.Sum(h)
	}
}

// sumText has a length in front, so that no two rows of texts look alike.
func sumText(h hash.Hash, s string) {
	sumNumber(h, len(s))
	h.Write([]byte(s))
}

func sumNumber(h hash.Hash, n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}
