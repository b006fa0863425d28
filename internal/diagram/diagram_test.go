package diagram

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// anyGraph draws graphs with any arrows, also such as close cycles or lead nowhere.
func anyGraph(t *rapid.T) *Graph {
	g := &Graph{}
	n := rapid.IntRange(0, 9).Draw(t, "cards")
	text := rapid.OneOf(rapid.StringMatching(`[a-z .\[\]"<>&]{0,60}`), rapid.String())
	for i := range n {
		c := Card{ID: fmt.Sprint("c", i), Title: text.Draw(t, "title"), Subtitle: text.Draw(t, "subtitle")}
		c.Kind = Kind(rapid.IntRange(0, 3).Draw(t, "kind"))
		c.Last = c.Kind == Sink
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			c.Rows = append(c.Rows, Row{text.Draw(t, "text"), text.Draw(t, "detail"), Style(rapid.IntRange(0, 3).Draw(t, "style")), "key"})
		}
		g.Cards = append(g.Cards, c)
	}
	for range rapid.IntRange(0, 3*n).Draw(t, "arrows") {
		end := func(name string) string { return fmt.Sprint("c", rapid.IntRange(0, n).Draw(t, name)) }
		g.Arrows = append(g.Arrows, Arrow{end("from"), rapid.IntRange(-1, 5).Draw(t, "row"), end("to"), Style(rapid.IntRange(0, 3).Draw(t, "style")), "key"})
	}
	return g
}

func TestCardsStandApartAndArrowsGoToTheRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t)
		l := Lay(g)
		for i, b := range l.Boxes {
			if b.X < 0 || b.Y < 0 || b.X+b.W > l.Width || b.Y+b.H > l.Height || math.IsNaN(b.X+b.Y+b.W+b.H) {
				t.Fatalf("card %d is at %v, %v in %v by %v", i, b.X, b.Y, l.Width, l.Height)
			}
			for j, other := range l.Boxes[:i] {
				if b.X < other.X+other.W && other.X < b.X+b.W && b.Y < other.Y+other.H && other.Y < b.Y+b.H {
					t.Fatalf("cards %d and %d overlap", i, j)
				}
			}
		}
		for _, line := range l.Lines {
			for k := 1; k < len(line.Points); k++ {
				if line.Points[k].X < line.Points[k-1].X {
					t.Fatalf("an arrow goes back: %v", line.Points)
				}
			}
		}
		if again := Lay(g); !reflect.DeepEqual(l, again) {
			t.Fatal("the same graph has another layout")
		}
	})
}

// A level piece of an arrow passes a column between its cards and not through them.
func TestArrowsPassBetweenCards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Lay(anyGraph(t))
		for _, line := range l.Lines {
			for k := 2; k < len(line.Points)-1; k += 2 {
				a, b := line.Points[k-1], line.Points[k]
				for _, box := range l.Boxes {
					if a.X < box.X+box.W && box.X < b.X && a.Y > box.Y && a.Y < box.Y+box.H {
						t.Fatalf("an arrow at %v passes through %s", a, box.ID)
					}
				}
			}
		}
	})
}

func TestDrawingsAreWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t)
		var image, text strings.Builder
		if err := SVG(&image, g, "a <title>"); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(strings.NewReader(image.String())); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, image.String())
			}
		}
		if err := Mermaid(&text, g, "a\ntitle"); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text.String()) {
			if n := strings.Count(line, `"`); n%2 != 0 || n > 2 {
				t.Fatalf("a label is not closed: %s", line)
			}
		}
	})
}

func TestTextsAreCutAndBroken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, room := rapid.String().Draw(t, "text"), rapid.Float64Range(20, 300).Draw(t, "room")
		for _, line := range wrap(text, room, rowSize, 3) {
			if measure(line, rowSize, false) > room || !utf8.ValidString(line) && utf8.ValidString(text) {
				t.Fatalf("%q is wider than %v", line, room)
			}
		}
	})
	if got := wrap("aa bb cc dd ee", measure("aa bb", 10, false), 10, 2); !reflect.DeepEqual(got, []string{"aa bb", "cc d…"}) {
		t.Errorf("got %q", got)
	}
}
