package diagram

import "slices"

// arrange orders the columns so that few arrows cross, and moves cards towards those
// that they are joined with.
func (l *layout) arrange() {
	best, fewest := l.snapshot(), l.crossings()
	for round := range rounds {
		for i := range l.columns {
			if round%2 == 0 {
				l.settle(i, true, true)
			} else {
				l.settle(len(l.columns)-1-i, false, true)
			}
		}
		if n := l.crossings(); n < fewest {
			best, fewest = l.snapshot(), n
		}
	}
	l.restore(best)
	for range rounds {
		for i := range l.columns {
			l.settle(i, true, false)
		}
		for i := range l.columns {
			l.settle(len(l.columns)-1-i, false, false)
		}
	}
}

// settle moves the items of a column as near as they can to where their neighbours want
// them: those on the left, or on the right. It puts them in that order too if it may.
func (l *layout) settle(column int, left, order bool) {
	items := l.columns[column]
	wish := l.wishes(column, left)
	if order {
		slices.SortStableFunc(items, func(a, b *item) int { return compare(wish[a]+a.h/2, wish[b]+b.h/2) })
	}
	spread(items, wish)
}

// wishes are where the items of a column would be if they were alone.
func (l *layout) wishes(column int, left bool) map[*item]float64 {
	sum, count := map[*item]float64{}, map[*item]float64{}
	for i, chain := range l.chains {
		for k := 1; k < len(chain); k++ {
			from, to := chain[k-1], chain[k]
			start, end := l.startOf(i, k-1), to.h/2
			if to.card >= 0 {
				end = l.sizes[to.card].entry()
			}
			if left && to.column == column {
				sum[to] += from.y + start - end
				count[to]++
			} else if !left && from.column == column {
				sum[from] += to.y + end - start
				count[from]++
			}
		}
	}
	wish := map[*item]float64{}
	for _, it := range l.columns[column] {
		if wish[it] = it.y; count[it] > 0 {
			wish[it] = sum[it] / count[it]
		}
	}
	return wish
}

// startOf is where, below the top of an item, the k-th piece of an arrow begins.
func (l *layout) startOf(arrow, k int) float64 {
	it := l.chains[arrow][k]
	if it.card < 0 {
		return it.h / 2
	}
	return l.sizes[it.card].exit(l.arrows[arrow].Row)
}

// crossings counts the pairs of pieces of arrows that cross.
func (l *layout) crossings() (n int) {
	type piece struct{ from, to float64 }
	pieces := make([][]piece, len(l.columns))
	for i, chain := range l.chains {
		for k := 1; k < len(chain); k++ {
			p := piece{chain[k-1].y + l.startOf(i, k-1), chain[k].y + chain[k].h/2}
			for _, q := range pieces[chain[k].column] {
				if (p.from-q.from)*(p.to-q.to) < 0 {
					n++
				}
			}
			pieces[chain[k].column] = append(pieces[chain[k].column], p)
		}
	}
	return n
}

func (l *layout) snapshot() [][]*item {
	out := make([][]*item, len(l.columns))
	for i, column := range l.columns {
		out[i] = slices.Clone(column)
	}
	return out
}

func (l *layout) restore(columns [][]*item) {
	l.columns = columns
	for _, column := range columns {
		stack(column)
	}
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
