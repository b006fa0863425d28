package diagram

// Sizes of what a card consists of.
const (
	headHeight   = 40 // of a title with a subtitle
	titleHeight  = 30 // of a title alone
	rowHeight    = 24
	bottom       = 8 // below the last row
	padding      = 14
	narrowest    = 150
	widest       = 420
	titleSize    = 14
	subtitleSize = 11
	rowSize      = 12.5
	detailSize   = 11
	gapInRow     = 10
	lineHeight   = 16 // of the further lines of a row
	mostLines    = 3
)

// size is how large a card is, and where its rows are.
type size struct {
	w, h float64
	rows []float64
	head float64
}

func sizeOf(c *Card) size {
	s := size{head: titleHeight, w: max(narrowest, measure(c.Title, titleSize, true)+2*padding)}
	if c.Subtitle != "" {
		s.head = headHeight + 4
		s.w = max(s.w, measure(c.Subtitle, subtitleSize, false)+2*padding)
	}
	names, details := columnsOf(c)
	s.w = max(s.w, names+details+2*padding)
	y := s.head
	for _, r := range c.Rows {
		if r.isWay() {
			s.w = max(s.w, measure(r.Text, rowSize, false)+3*padding, r.bothEnds())
		}
		s.rows = append(s.rows, y+rowHeight/2+3)
		y += rowHeight + lineHeight*float64(len(r.lines())-1)
	}
	s.w = min(s.w, widest) + c.Spare
	if s.h = y; len(c.Rows) > 0 {
		s.h += bottom
	}
	return s
}

// isWay reports whether a row is a way out, whose text is a condition: it is indented and
// may take several lines.
func (r Row) isWay() bool { return r.Style == Branch || r.Style == Aside }

// bothEnds is how wide a card is in which a way and its target stand in one line; nothing
// where no card is that wide.
func (r Row) bothEnds() float64 {
	w := measure(r.Text, rowSize, false) + gapInRow + measure(r.Detail, detailSize, false) + 4*padding
	if r.Detail == "" || w > widest {
		return 0
	}
	return w
}

// lines are the lines that the text of a row takes.
func (r Row) lines() []string {
	if !r.isWay() {
		return []string{r.Text}
	}
	return wrap(r.Text, widest-3*padding, rowSize, mostLines)
}

// columnsOf are the widths of the names in a card, and of the details behind them.
func columnsOf(c *Card) (names, details float64) {
	for _, r := range c.Rows {
		if r.isWay() {
			continue
		}
		if names = max(names, measure(r.Text, rowSize, true)); r.Detail != "" {
			details = max(details, gapInRow+measure(r.Detail, detailSize, false))
		}
	}
	return names, details
}

// detailsAt is where the details of a card of some width begin: in one column, behind
// the longest name that leaves them half of the card.
func detailsAt(c *Card, w float64) float64 {
	names, details := columnsOf(c)
	room := w - 2*padding
	return padding + gapInRow + min(names, max(room/2, room-details))
}

// exit is where arrows leave a card: at a row, or beside the title.
func (s size) exit(row int) float64 {
	if row < 0 || row >= len(s.rows) {
		return s.entry()
	}
	return s.rows[row]
}

// entry is where arrows come to a card.
func (s size) entry() float64 { return min(s.head, s.h) / 2 }
