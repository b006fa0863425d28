package split

import (
	"errors"
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/rawjson"
	"github.com/leat-io/leat/pipeline"
)

// lists finds the lists that are there, in the order of the settings. There are none for
// a message that passes.
func (c *Config) lists(e *pipeline.Event) (lists [][]byte, err error) {
	kind := rawjson.Invalid // of what is there, which is nothing or null
	for _, at := range c.Each {
		list, err := e.Raw(at)
		if err != nil {
			return nil, err
		}
		switch kind = rawjson.KindOf(list); kind {
		case rawjson.Invalid, rawjson.Null:
		case rawjson.Array:
			lists = append(lists, list)
		default:
			return nil, pipeline.Reject(fmt.Errorf("%s is not a list but %s", at, kind))
		}
	}
	if len(lists) == 0 && c.Missing != pass {
		return nil, pipeline.Reject(c.nothing(kind))
	}
	return lists, nil
}

// nothing says why there is no list; kind is that of the last field.
func (c *Config) nothing(kind rawjson.Kind) error {
	switch {
	case len(c.Each) > 1:
		return errors.New("there is none of " + c.names() + ", want a list")
	case kind == rawjson.Null:
		return fmt.Errorf("%s is not a list but null", c.Each[0])
	}
	return fmt.Errorf("%s is missing, want a list", c.Each[0])
}

// tooMany says that there are more items than max.
func (c *Config) tooMany() error {
	if len(c.Each) > 1 {
		return fmt.Errorf("%s have more than %d items together", c.names(), c.Max)
	}
	return fmt.Errorf("%s has more than %d items", c.Each[0], c.Max)
}

func (c *Config) names() string {
	names := make([]string, len(c.Each))
	for i, at := range c.Each {
		names[i] = at.String()
	}
	return strings.Join(names, ", ")
}
