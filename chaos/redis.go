package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/leat-io/leat/internal/redisapi"
)

// spending is what Redis had to do.
type spending struct{ scripts, commands int64 }

// add adds what INFO says, which ends with the process of the server.
func (s *spending) add(client redisapi.Client) {
	text, err := client.Info(context.Background(), "commandstats").Result()
	if err != nil {
		return
	}
	for l := range strings.Lines(text) {
		name, rest, _ := strings.Cut(l, ":calls=")
		var calls int64
		if _, err := fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &calls); err != nil {
			continue
		}
		switch name {
		case "cmdstat_evalsha", "cmdstat_eval":
			s.scripts += calls
		case "cmdstat_set", "cmdstat_exists", "cmdstat_expire", "cmdstat_get":
			s.commands += calls
		}
	}
}

// leftover is what should not be in Redis when everything is settled.
type leftover struct {
	claims, places int
	example        string
}

// look finds claims of events that nobody settled, and places in lines.
func look(ctx context.Context, client redisapi.Client) (l leftover, err error) {
	all := client.Scan(ctx, 0, "leat:1:*", 1000).Iterator()
	for all.Next(ctx) {
		key := all.Val()
		switch {
		case strings.HasPrefix(key, "leat:1:c:"):
			value, err := client.Get(ctx, key).Result()
			if err == nil && strings.HasPrefix(value, "c") {
				l.claims, l.example = l.claims+1, key+" "+value
			}
		case strings.HasPrefix(key, "leat:1:q:") && (strings.HasSuffix(key, ":q") || strings.HasSuffix(key, ":d")):
			n, err := client.ZCard(ctx, key).Result()
			if err == nil && n > 0 {
				l.places, l.example = l.places+int(n), key+" "+entries(ctx, client, key)
			}
		}
	}
	return l, all.Err()
}

// entries is what the scripts know of those in a line.
func entries(ctx context.Context, client redisapi.Client, key string) (text string) {
	all, _ := client.HGetAll(ctx, key[:len(key)-1]+"e").Result()
	for id, entry := range all {
		text += fmt.Sprintf("%x: %q ", id, entry[min(len(entry), 22):])
	}
	return text
}
