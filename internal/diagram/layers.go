package diagram

// layering finds the column of each card: behind all cards that have arrows to it.
type layering struct {
	g      *Graph
	index  map[string]int // of cards
	arrows []Arrow        // without those that lead nowhere or close a cycle
	in     [][]int        // the arrows that end at a card
	column []int
}

func newLayering(g *Graph) *layering {
	l := &layering{g: g, index: map[string]int{}, in: make([][]int, len(g.Cards)), column: make([]int, len(g.Cards))}
	for i, c := range g.Cards {
		l.index[c.ID] = i
	}
	for _, a := range g.Arrows {
		from, known := l.index[a.From]
		to, alsoKnown := l.index[a.To]
		if !known || !alsoKnown || l.reaches(to, from, map[int]bool{}) {
			continue
		}
		l.arrows = append(l.arrows, a)
		l.in[to] = append(l.in[to], len(l.arrows)-1)
	}
	l.place()
	return l
}

// reaches reports whether arrows lead from one card to another, or both are the same.
func (l *layering) reaches(from, to int, seen map[int]bool) bool {
	if from == to {
		return true
	}
	if seen[to] {
		return false
	}
	seen[to] = true
	for _, a := range l.in[to] {
		if l.reaches(from, l.index[l.arrows[a].From], seen) {
			return true
		}
	}
	return false
}

// place puts each card behind those before it; sources right in front of what they lead
// to, and what is last behind all others.
func (l *layering) place() {
	done := make([]bool, len(l.g.Cards))
	last := 0
	for i := range l.g.Cards {
		if l.behind(i, done); !l.g.Cards[i].Last {
			last = max(last, l.column[i]+1)
		}
	}
	clear(done)
	for i, c := range l.g.Cards {
		if c.Last {
			l.column[i] = max(l.column[i], last)
		}
	}
	for i := range l.g.Cards {
		l.behind(i, done)
	}
	l.pullSources()
}

// behind finds the column of a card. There are no cycles.
func (l *layering) behind(card int, done []bool) int {
	if done[card] {
		return l.column[card]
	}
	done[card] = true
	for _, a := range l.in[card] {
		l.column[card] = max(l.column[card], l.behind(l.index[l.arrows[a].From], done)+1)
	}
	return l.column[card]
}

// pullSources moves cards that nothing leads to towards what they lead to.
func (l *layering) pullSources() {
	nearest := map[int]int{}
	for _, a := range l.arrows {
		from, to := l.index[a.From], l.index[a.To]
		if at, ok := nearest[from]; !ok || l.column[to] < at {
			nearest[from] = l.column[to]
		}
	}
	for card, column := range nearest {
		if len(l.in[card]) == 0 {
			l.column[card] = max(l.column[card], column-1)
		}
	}
}

func (l *layering) columns() int {
	n := 0
	for _, c := range l.column {
		n = max(n, c+1)
	}
	return n
}
