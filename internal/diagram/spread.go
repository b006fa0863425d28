package diagram

// spread gives items the places nearest to those they wish for, in squares, that keep
// their order and the gaps between them. Neighbours that would overlap move as a block,
// whose place is the mean of what its items wish for.
func spread(items []*item, wish map[*item]float64) {
	type block struct {
		sum   float64
		count int
	}
	var blocks []block
	offset := 0.0
	offsets := make([]float64, len(items))
	for i, it := range items {
		offsets[i] = offset
		blocks = append(blocks, block{wish[it] - offset, 1})
		for n := len(blocks); n > 1 && blocks[n-2].sum/float64(blocks[n-2].count) > blocks[n-1].sum/float64(blocks[n-1].count); n-- {
			blocks[n-2].sum += blocks[n-1].sum
			blocks[n-2].count += blocks[n-1].count
			blocks = blocks[:n-1]
		}
		offset += it.h + gapBelow(it)
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			items[i].y = b.sum/float64(b.count) + offsets[i]
			i++
		}
	}
}
