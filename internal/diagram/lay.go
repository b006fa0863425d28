package diagram

// Layout is where everything is, in pixels from the top left.
type Layout struct {
	Width, Height float64
	Boxes         []Box // in the order of the cards
	Lines         []Line
}

// Box is a card with its place.
type Box struct {
	*Card
	X, Y, W, H float64
	// RowY has the middle of each row.
	RowY []float64
}

// Line is an arrow with its way: from the first point to the last, level at each.
type Line struct {
	Arrow
	Points []Point
}

// Point is a place.
type Point struct{ X, Y float64 }

// Spaces between things.
const (
	margin    = 24
	columnGap = 90
	cardGap   = 26
	bendSize  = 16 // what an arrow takes that passes a column
	rounds    = 12
)

// item is what takes room in a column: a card, or a bend of an arrow that passes it.
type item struct {
	card   int // -1: a bend
	column int
	y, h   float64
}

// layout works out places.
type layout struct {
	*layering
	sizes   []size
	items   []*item
	columns [][]*item // from top to bottom
	chains  [][]*item // of each arrow, from its card to its card
}

// Lay finds the places of cards and arrows. The same graph gives the same layout.
func Lay(g *Graph) *Layout {
	l := &layout{layering: newLayering(g)}
	for i := range g.Cards {
		l.sizes = append(l.sizes, sizeOf(&g.Cards[i]))
	}
	l.makeItems()
	l.arrange()
	return l.result()
}

// makeItems makes the items of all columns, in the order of the cards.
func (l *layout) makeItems() {
	l.columns = make([][]*item, l.layering.columns())
	cards := make([]*item, len(l.g.Cards))
	for i := range l.g.Cards {
		cards[i] = l.add(&item{card: i, column: l.column[i], h: l.sizes[i].h})
	}
	for _, a := range l.arrows {
		from, to := cards[l.index[a.From]], cards[l.index[a.To]]
		chain := []*item{from}
		for c := from.column + 1; c < to.column; c++ {
			chain = append(chain, l.add(&item{card: -1, column: c, h: bendSize}))
		}
		l.chains = append(l.chains, append(chain, to))
	}
	for _, column := range l.columns {
		stack(column)
	}
}

func (l *layout) add(it *item) *item {
	l.items = append(l.items, it)
	l.columns[it.column] = append(l.columns[it.column], it)
	return it
}

// stack puts the items of a column under each other.
func stack(column []*item) {
	y := 0.0
	for _, it := range column {
		it.y = y
		y += it.h + gapBelow(it)
	}
}

// gapBelow is the room between an item and the next.
func gapBelow(it *item) float64 {
	if it.card < 0 {
		return 0
	}
	return cardGap
}
