package diagram

import (
	"fmt"
	"io"
	"strings"
)

// Mermaid writes a graph as the text of a flowchart. Each card that has rows is a frame
// with a node for each of them; its subtitle has no room there.
func Mermaid(w io.Writer, g *Graph, title string) error {
	m := &mermaid{g: g, number: map[string]int{}}
	m.printf("---\ntitle: %s\n---\nflowchart LR\n", quoteYAML(title))
	for i, c := range g.Cards {
		m.number[c.ID] = i
		m.card(i, c)
	}
	for _, a := range newLayering(g).arrows {
		m.arrow(a)
	}
	m.printf("  classDef source stroke:#0f8a6d\n  classDef sink stroke:#8a5cc9\n  classDef dead stroke:#cf4a3d\n")
	_, err := io.WriteString(w, m.out.String())
	return err
}

type mermaid struct {
	g      *Graph
	number map[string]int // of cards
	out    strings.Builder
}

func (m *mermaid) printf(format string, args ...any) { fmt.Fprintf(&m.out, format, args...) }

// card writes a card: one without rows as a node, others as a frame with a chain.
func (m *mermaid) card(i int, c Card) {
	if len(c.Rows) == 0 {
		open, shut := "[", "]"
		if c.Kind == Sink || c.Kind == Dead {
			open, shut = "[(", ")]"
		}
		m.printf("  c%d%s%s%s%s\n", i, open, label(c.Title, c.Subtitle), shut, classOf(c.Kind))
		return
	}
	m.printf("  subgraph c%d[%s]\n    direction TB\n", i, label(c.Title, ""))
	last := -1
	for k, r := range c.Rows {
		switch {
		case r.Style == Branch || r.Style == Aside || r.Style == Error:
			m.printf("    c%dr%d([%s])\n", i, k, label(r.Text, r.Detail))
			if last >= 0 && r.Style != Error {
				m.printf("    c%dr%d --- c%dr%d\n", i, last, i, k)
			}
		default:
			m.printf("    c%dr%d[%s]\n", i, k, label(r.Text, r.Detail))
			if last >= 0 {
				m.printf("    c%dr%d --> c%dr%d\n", i, last, i, k)
			}
			last = k
		}
	}
	m.printf("  end\n")
}

func classOf(k Kind) string {
	switch k {
	case Source, Sink, Dead:
		return ":::" + kindClass[k]
	}
	return ""
}

var arrowText = map[Style]string{Plain: "-->", Branch: "-->", Aside: "-.->", Error: "-.->"}

// arrow goes from a row, or a card.
func (m *mermaid) arrow(a Arrow) {
	from, to := m.number[a.From], m.number[a.To]
	source := fmt.Sprintf("c%d", from)
	if a.Row >= 0 && a.Row < len(m.g.Cards[from].Rows) {
		source += fmt.Sprintf("r%d", a.Row)
	}
	m.printf("  %s %s c%d\n", source, arrowText[a.Style], to)
}

// label is a text in quotes, in which nothing has a meaning to Mermaid.
func label(text, detail string) string {
	out := `"` + plain.Replace(text)
	if detail != "" {
		out += "<br><small>" + plain.Replace(fit(detail, 400, detailSize, false)) + "</small>"
	}
	return out + `"`
}

var plain = strings.NewReplacer("&", "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;", "\n", " ", "\r", " ", "`", "#96;")

func quoteYAML(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(text) + `"`
}
