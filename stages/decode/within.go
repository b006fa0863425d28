package decode

import (
	"fmt"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

func (c *Config) json(e *pipeline.Event) error {
	if err := e.CheckJSON(c.MaxDepth); err != nil {
		return err
	}
	for _, path := range c.Within {
		raw, err := e.Raw(path)
		if err != nil {
			return err
		}
		if raw != nil && rawjson.KindOf(raw) != rawjson.Null {
			return c.takeOut(e, path, raw)
		}
	}
	return nil
}

// takeOut makes what stands at a path the payload.
func (c *Config) takeOut(e *pipeline.Event, path pipeline.Path, raw []byte) error {
	switch kind := rawjson.KindOf(raw); kind {
	case rawjson.Object, rawjson.Array:
		e.SetJSON(raw)
		return nil
	case rawjson.String:
		text := []byte(rawjson.Text(raw))
		if err := pipeline.NewEvent("", text).CheckJSON(c.MaxDepth); err != nil {
			return pipeline.Reject(fmt.Errorf("%s: %w", path, err))
		}
		if kind := rawjson.KindOf(text); kind != rawjson.Object && kind != rawjson.Array {
			return pipeline.Reject(fmt.Errorf("%s is a text that holds %s, want an object or a list in it", path, kind))
		}
		e.SetJSON(text)
		return nil
	default:
		return pipeline.Reject(fmt.Errorf("%s is %s, want an object, a list, or a text that holds one", path, kind))
	}
}
