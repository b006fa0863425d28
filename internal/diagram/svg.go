package diagram

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// SVG draws a graph as an image that stands for itself: no script, no font and no style
// from elsewhere. It is light or dark as the page's reader has it.
func SVG(w io.Writer, g *Graph, title string) error { return (&svg{}).draw(w, g, title) }

// Part draws a graph as a part of a page, which brings the style with it and finds what it
// looks for by data-key: arrows and rows by their keys, cards by their ids.
func Part(w io.Writer, g *Graph, title string) error { return (&svg{part: true}).draw(w, g, title) }

func (s *svg) draw(w io.Writer, g *Graph, title string) error {
	l := Lay(g)
	s.printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %s %s\" width=\"%[1]s\" height=\"%[2]s\" role=\"img\">\n", number(l.Width), number(l.Height))
	s.printf("<title>%s</title>\n", escape(title))
	if !s.part {
		s.printf("<style>%s</style>\n", style)
	}
	s.printf("<defs>")
	for _, class := range []string{"plain", "aside", "error"} {
		s.printf("<marker id=\"to-%s\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip %[1]s\" d=\"M0 .5 8 4 0 7.5Z\"/></marker>", class)
	}
	s.printf("</defs>\n<rect class=\"paper\" width=\"%s\" height=\"%s\"/>\n", number(l.Width), number(l.Height))
	for _, line := range l.Lines {
		s.line(line)
	}
	for _, b := range l.Boxes {
		s.box(b)
	}
	for _, line := range l.Lines {
		s.printf("<circle class=\"port %s\" cx=\"%s\" cy=\"%s\" r=\"3\"/>\n", arrowClass[line.Style], number(line.Points[0].X), number(line.Points[0].Y))
	}
	s.printf("</svg>\n")
	_, err := io.WriteString(w, s.out.String())
	return err
}

type svg struct {
	out  strings.Builder
	part bool // of a page
}

// key is the attribute by which a page finds something.
func (s *svg) key(key string) string {
	if !s.part || key == "" {
		return ""
	}
	return ` data-key="` + escape(key) + `"`
}

func (s *svg) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

var arrowClass = map[Style]string{Plain: "plain", Branch: "plain", Aside: "aside", Error: "error"}

// line draws an arrow: curves between the points that are in different columns.
func (s *svg) line(l Line) {
	class := arrowClass[l.Style]
	s.printf("<path%s class=\"line %s\" marker-end=\"url(#to-%[2]s)\" d=\"M%s %s", s.key(l.Key), class, number(l.Points[0].X), number(l.Points[0].Y))
	for i := 1; i < len(l.Points); i++ {
		a, b := l.Points[i-1], l.Points[i]
		if i%2 == 0 { // along a column
			s.printf("L%s %s", number(b.X), number(b.Y))
			continue
		}
		bend := (b.X - a.X) / 2
		s.printf("C%s %s %s %s %s %s", number(a.X+bend), number(a.Y), number(b.X-bend), number(b.Y), number(b.X), number(b.Y))
	}
	s.printf("\"/>\n")
}

var kindClass = map[Kind]string{Source: "source", Flow: "flow", Sink: "sink", Dead: "dead"}

func (s *svg) box(b Box) {
	s.printf("<g%s class=\"%s\">\n", s.key(b.ID), kindClass[b.Kind])
	s.printf("<rect class=\"card\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"8\"/>\n", number(b.X), number(b.Y), number(b.W), number(b.H))
	s.printf("<rect class=\"mark\" x=\"%s\" y=\"%s\" width=\"4\" height=\"%s\" rx=\"2\"/>\n", number(b.X), number(b.Y+8), number(min(b.H, titleHeight)-16+2))
	s.text("title", b.X+padding, b.Y+20, b.Title, b.W-2*padding, titleSize, true)
	if b.Subtitle != "" {
		s.text("detail", b.X+padding, b.Y+36, b.Subtitle, b.W-2*padding, subtitleSize, false)
	}
	if len(b.Rows) > 0 {
		y := number(b.RowY[0] - rowHeight/2 - 1)
		s.printf("<path class=\"rule\" d=\"M%s %sH%s\"/>\n", number(b.X), y, number(b.X+b.W))
	}
	for i, r := range b.Rows {
		s.row(b, r, b.RowY[i]+4)
	}
	s.printf("</g>\n")
}

var rowClass = map[Style]string{Plain: "row", Branch: "branch", Aside: "branch aside", Error: "row error"}

func (s *svg) row(b Box, r Row, y float64) {
	if r.isWay() {
		s.way(b, r, y)
		return
	}
	if s.part && r.Key != "" { // where the page can write behind it
		s.printf("<text%s class=\"live\" x=\"%s\" y=\"%s\"></text>\n", s.key(r.Key), number(b.X+b.W-padding), number(y))
	}
	end, room := b.W-padding-b.Spare, b.W-2*padding-b.Spare
	if r.Detail != "" {
		at := detailsAt(b.Card, b.W-b.Spare)
		room = at - gapInRow - padding
		s.text("detail", b.X+at, y, r.Detail, end-at, detailSize, false)
	}
	s.text(rowClass[r.Style], b.X+padding, y, r.Text, room, rowSize, true)
}

// way draws a condition, and behind it where it leads if there is room.
func (s *svg) way(b Box, r Row, y float64) {
	x, room := b.X+2*padding, b.W-3*padding
	lines := r.lines()
	for i, line := range lines {
		class := rowClass[r.Style]
		s.printf("<text class=\"%s\" x=\"%s\" y=\"%s\">", class, number(x), number(y+lineHeight*float64(i)))
		if i == 0 && strings.Join(lines, " ") != strings.Join(strings.Fields(r.Text), " ") {
			s.printf("<title>%s</title>", escape(r.Text))
		}
		s.printf("%s</text>\n", escape(line))
	}
	used := measure(lines[0], rowSize, false) + 2*gapInRow
	if detail := measure(r.Detail, detailSize, false); r.Detail != "" && used+detail <= room {
		s.text("detail way", b.X+b.W-padding, y, r.Detail, detail, detailSize, false)
	}
}

// text draws a text, cut to the room that there is, and the whole of it to
// who points at it.
func (s *svg) text(class string, x, y float64, text string, room, size float64, bold bool) {
	shown := fit(text, room, size, bold)
	whole := ""
	if shown != text {
		whole = "<title>" + escape(text) + "</title>"
	}
	s.printf("<text class=\"%s\" x=\"%s\" y=\"%s\">%s%s</text>\n", class, number(x), number(y), whole, escape(shown))
}

// number writes a length shortly.
func number(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", v), "0"), ".")
}

func escape(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder takes all
	return out.String()
}
