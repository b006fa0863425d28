package split

import (
	"errors"
	"fmt"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// list finds the list and where it is. It is nil for a message that passes.
func (c *Config) list(e *pipeline.Event) (list []byte, at pipeline.Path, err error) {
	kind := rawjson.Invalid // of what is there, which is nothing or null
	for _, at = range c.Each {
		list, err = e.Raw(at)
		if err != nil {
			return nil, at, err
		}
		switch kind = rawjson.KindOf(list); kind {
		case rawjson.Invalid, rawjson.Null:
		case rawjson.Array:
			return list, at, nil
		default:
			return nil, at, pipeline.Reject(fmt.Errorf("%s is not a list but %s", at, kind))
		}
	}
	if c.Missing == pass {
		return nil, at, nil
	}
	return nil, at, pipeline.Reject(c.nothing(kind))
}

// nothing says why there is no list; kind is that of the last field.
func (c *Config) nothing(kind rawjson.Kind) error {
	switch {
	case len(c.Each) > 1:
		text := ""
		for _, at := range c.Each[:len(c.Each)-1] {
			text += at.String() + ", "
		}
		return errors.New("there is none of " + text + c.Each[len(c.Each)-1].String() + ", want a list")
	case kind == rawjson.Null:
		return fmt.Errorf("%s is not a list but null", c.Each[0])
	}
	return fmt.Errorf("%s is missing, want a list", c.Each[0])
}
