package decode

import (
	"fmt"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// recognize rejects a payload that has none of the fields that it needs.
func (c *Config) recognize(e *pipeline.Event) error {
	for _, path := range c.Needs {
		v, err := e.Get(path)
		if err != nil {
			return err
		}
		if v != nil {
			return nil
		}
	}
	if len(c.Needs) == 0 {
		return nil
	}
	return pipeline.Reject(fmt.Errorf("the payload is not what this feed sends: %s", c.missing()))
}

func (c *Config) missing() string {
	if len(c.Needs) == 1 {
		return "it has no " + c.Needs[0].String()
	}
	names := make([]string, len(c.Needs))
	for i, path := range c.Needs {
		names[i] = path.String()
	}
	return "it has none of " + strings.Join(names, ", ")
}
