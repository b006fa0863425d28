// Package diagram draws cards and the arrows between them: as text for Mermaid, and as
// an SVG that needs nothing else.
//
// A card has a title and rows. Arrows begin at a row and end at a card. [Lay] puts the
// cards in columns from left to right, so that arrows point to the right, and bends
// arrows over several columns around the cards between; what draws takes the places from
// there.
package diagram

// Graph is what is drawn. The arrows may not form a cycle; one that closes a cycle is
// left out.
type Graph struct {
	Cards  []Card
	Arrows []Arrow
}

// Card is a box.
type Card struct {
	ID       string
	Kind     Kind
	Title    string
	Subtitle string
	Rows     []Row
	Last     bool // it stands in the last column, or behind it
	// Spare is how much wider it is than what stands in it, for what is put there later.
	Spare float64
}

// Kind is what a card is about. It says how the card looks.
type Kind int

// The kinds.
const (
	Source Kind = iota
	Flow
	Sink
	Dead // a sink for dead letters
)

// Row is a line of a card.
type Row struct {
	Text   string
	Detail string // smaller, behind the text
	Style  Style
	Key    string // by which it is found in a drawing; it is not seen
}

// Style is how a row or an arrow looks.
type Style int

// The styles. Branch is a way out of a flow, with its condition.
const (
	Plain Style = iota
	Branch
	Aside // of a copy
	Error // of dead letters
)

// Arrow goes from a row of a card to another card.
type Arrow struct {
	From string
	Row  int // -1: from the card as a whole
	To   string
	// Style is Plain, Aside or Error.
	Style Style
	Key   string // as that of a row
}
