package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// format is the version of what is stored. Another version keeps to other names of
// keys; the name of this one never changes, so that each finds the other.
const format = 1

// inspect looks whether the server can do what is needed, and warns of settings that
// make it forget.
func (s *store) inspect(ctx context.Context) error {
	info, err := s.client.Info(ctx).Result()
	if err != nil {
		return s.wrap("connect", err)
	}
	fields := parseInfo(info)
	if v := fields["redis_version"]; isOlder(v, 7) {
		return s.wrap("connect", fmt.Errorf("this is Redis %s, and 7.0 or newer is needed: an older one cannot claim an event in one step", v))
	}
	if p := fields["maxmemory_policy"]; p != "" && p != "noeviction" {
		s.log.Warn("Redis may evict what leat remembers, and evicted events are delivered again: set maxmemory-policy noeviction", "maxmemory_policy", p)
	}
	return s.checkFormat(ctx)
}

func (s *store) checkFormat(ctx context.Context) error {
	name := s.config.Prefix + ":format"
	found, err := s.client.SetArgs(ctx, name, format, redis.SetArgs{Mode: "NX", Get: true}).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return s.wrap("read "+name, err)
	}
	if n, err := strconv.Atoi(found); err != nil || n > format {
		return s.wrap("read "+name, fmt.Errorf("it says format %q and this leat knows formats up to %d: use the newer leat that wrote it, or another prefix", found, format))
	}
	return nil
}

// parseInfo reads the answer to INFO: lines of name:value.
func parseInfo(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// isOlder reports whether a version such as 6.2.7 is older than a major one. One that
// cannot be read is taken for new enough: services have names of their own for it.
func isOlder(version string, major int) bool {
	number, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(number)
	return err == nil && n < major
}
