package host

import (
	"encoding/json"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Settings are a plugin's own: leat passes them on and does not look at them.
type Settings struct{ node *conf.Node }

// UnmarshalNode implements [conf.NodeUnmarshaler].
func (s *Settings) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	if n.Kind != conf.Map && n.Kind != conf.Null {
		p.Errorf(n, "config: want the settings of the plugin as name: value")
		return
	}
	s.node = n
}

// json is the settings as the contract has them.
func (s Settings) json() ([]byte, error) {
	if s.node == nil || s.node.Kind == conf.Null {
		return []byte("{}"), nil
	}
	return json.Marshal(s.node.Any())
}

// secrets are the texts in the settings that came from elsewhere: from the environment,
// or from a file.
func (s Settings) secrets() (texts []string) { return secretsBelow(s.node) }

func secretsBelow(n *conf.Node) (texts []string) {
	if n == nil {
		return nil
	}
	if n.Kind == conf.Scalar && n.Value != n.Raw {
		texts = append(texts, n.Value)
	}
	for _, f := range n.Fields {
		texts = append(texts, secretsBelow(f.Value)...)
	}
	for _, item := range n.Items {
		texts = append(texts, secretsBelow(item)...)
	}
	return texts
}

// refusal is a problem that a plugin has with its settings.
func refusal(path, message string) error {
	if path == "" {
		return pipeline.FieldError("config", "%s", message)
	}
	return pipeline.FieldError("config."+path, "%s", message)
}
