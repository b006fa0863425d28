package pipeline

import "github.com/leat-io/leat/internal/conf"

// brief are settings in a line: of those that are lists or settings again, the names.
func brief(t typed) (text string) {
	if t.settings == nil {
		return ""
	}
	n := conf.Conceal(t.settings, func(*conf.Node) {})
	switch n.Kind {
	case conf.Scalar:
		return n.Raw
	case conf.List:
		return listOf(n)
	}
	for _, f := range n.Fields {
		if text != "" {
			text += ", "
		}
		text += f.Key.Value
		if f.Value.Kind == conf.Scalar {
			text += ": " + f.Value.Raw
		}
	}
	return text
}

func listOf(n *conf.Node) (text string) {
	for i, item := range n.Items {
		if i > 0 {
			text += ", "
		}
		if text += item.Raw; item.Kind != conf.Scalar {
			text += "…"
		}
	}
	return text
}
