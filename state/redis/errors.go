package redis

import (
	"errors"
	"fmt"
	"time"
)

// closeTimeout is how long the end of a run waits for Redis.
const closeTimeout = 5 * time.Second

var errClosed = errors.New("the state store is closed")

// wrap says where an error comes from.
func (s *store) wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("redis %s: %s: %w", s.config.Address(), doing, err)
}
