package diagram

import (
	"math"
	"slices"
)

// result turns the items into boxes and lines.
func (l *layout) result() *Layout {
	top := math.Inf(1)
	for _, it := range l.items {
		top = min(top, it.y)
	}
	out := &Layout{Boxes: make([]Box, len(l.g.Cards))}
	x := float64(margin)
	left, width := make([]float64, len(l.columns)), make([]float64, len(l.columns))
	for i, column := range l.columns {
		for _, it := range column {
			if it.y += margin - top; it.card >= 0 {
				width[i] = max(width[i], l.sizes[it.card].w)
			}
			out.Height = max(out.Height, it.y+it.h+margin)
		}
		left[i] = x
		x += width[i] + columnGap
	}
	out.Width = x - columnGap + margin
	for _, it := range l.items {
		if it.card >= 0 {
			out.Boxes[it.card] = l.box(it, left[it.column], width[it.column])
		}
	}
	out.Lines = l.lines(out.Boxes, left, width)
	return out
}

// box is a card in its place. All cards of a column are as wide.
func (l *layout) box(it *item, x, w float64) Box {
	s := l.sizes[it.card]
	b := Box{Card: &l.g.Cards[it.card], X: x, Y: round(it.y), W: w, H: s.h}
	for _, y := range s.rows {
		b.RowY = append(b.RowY, round(it.y)+y)
	}
	return b
}

// lines are the ways of the arrows. Those that end at one card do so apart from each
// other, in the order in which they come.
func (l *layout) lines(boxes []Box, left, width []float64) []Line {
	lines := make([]Line, len(l.arrows))
	entries := make([][]int, len(boxes))
	for i, chain := range l.chains {
		from := boxes[chain[0].card]
		y := from.Y + l.sizes[chain[0].card].exit(l.arrows[i].Row)
		points := []Point{{from.X + from.W, y}}
		for _, bend := range chain[1 : len(chain)-1] {
			y := bend.y + bend.h/2
			points = append(points, Point{left[bend.column], y}, Point{left[bend.column] + width[bend.column], y})
		}
		to := chain[len(chain)-1].card
		lines[i] = Line{l.arrows[i], append(points, Point{boxes[to].X, 0})}
		entries[to] = append(entries[to], i)
	}
	for to, list := range entries {
		l.enter(boxes[to], l.sizes[to].entry(), list, lines)
	}
	return lines
}

// enter sets the ends of the lines that come to a box.
func (l *layout) enter(b Box, middle float64, list []int, lines []Line) {
	before := func(i int) float64 { p := lines[i].Points; return p[len(p)-2].Y }
	slices.SortStableFunc(list, func(a, b int) int { return compare(before(a), before(b)) })
	step := min(9, (b.H-12)/float64(max(1, len(list)-1)))
	first := b.Y + middle - step*float64(len(list)-1)/2
	first = max(first, b.Y+6)
	for k, i := range list {
		p := lines[i].Points
		p[len(p)-1].Y = round(first + step*float64(k))
	}
}

func round(v float64) float64 { return math.Round(v*2) / 2 }
