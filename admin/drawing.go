package admin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/leat-io/leat/internal/diagram"
	"github.com/leat-io/leat/pipeline/drawing"
)

// spare is the room in a flow's card for what the page writes into its rows.
const spare = 118

// drawing answers with the SVG itself.
func (s *Server) drawing(w http.ResponseWriter, _ *http.Request) (any, error) {
	p, err := s.running()
	if err != nil {
		return nil, err
	}
	svg := svgOf(drawing.Of(p.Outline()))
	w.Header().Set("Content-Type", "image/svg+xml")
	_, err = w.Write(svg)
	return nil, err
}

func svgOf(d *drawing.Drawing) []byte {
	for i := range d.Cards {
		if d.Cards[i].Kind == diagram.Flow || d.Cards[i].Kind == diagram.Source && len(d.Cards[i].Rows) > 0 {
			d.Cards[i].Spare = spare
		}
	}
	var out bytes.Buffer
	_ = diagram.Part(&out, &d.Graph, "Flows, from their sources to their sinks") // a buffer takes all
	return out.Bytes()
}

// drawingMark tells drawings apart.
func drawingMark(d *drawing.Drawing) string {
	sum := sha256.Sum256(svgOf(d))
	return hex.EncodeToString(sum[:8])
}
