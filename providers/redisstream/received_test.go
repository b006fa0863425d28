package redisstream

import (
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestAnEntryEqualsItself(t *testing.T) {
	d := decoder{payloadField}
	m := redis.XMessage{ID: "1-0", Values: map[string]any{"payload": "x", "id": "a", "field.id": "b"}}
	first := d.one(m, 1)
	for range 1000 {
		if again := d.one(m, 1); !again.same(first) {
			t.Fatalf("%v is not %v", again.fields, first.fields)
		}
	}
}
