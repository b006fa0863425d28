package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
)

// giveSamples gives the plugin the events of the file, one at a time.
func (k *pluginCheck) giveSamples(ctx context.Context, samples []string) {
	if len(samples) == 0 {
		k.say("events", false, "none were given: name a file with --events")
		return
	}
	kinds := map[string]int{}
	failed := false
	var took []time.Duration
	for _, line := range samples {
		begin := time.Now()
		what, bad := k.give(ctx, []byte(line))
		took = append(took, time.Since(begin))
		kinds[what]++
		failed = failed || bad
	}
	slices.Sort(took)
	k.say("events", failed, "%d of %s; the median takes %s, the slowest %s%s", len(samples), k.events,
		round(took[len(took)/2]), round(took[len(took)-1]), listed(kinds))
}

// listed are the most frequent outcomes, a line each.
func listed(kinds map[string]int) (text string) {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if kinds[a] != kinds[b] {
			return kinds[b] - kinds[a]
		}
		return strings.Compare(a, b)
	})
	const most = 8
	for i, name := range names {
		if i == most {
			return text + fmt.Sprintf("\nand %d outcomes more", len(names)-most)
		}
		text += fmt.Sprintf("\n%6d  %s", kinds[name], name)
	}
	return text
}

func (k *pluginCheck) giveBadInput(ctx context.Context) {
	for _, input := range []struct{ name, payload string }{
		{"no JSON", `{"half": `},
		{"no object", `[null]`},
		{"null", `null`},
		{"no text", "\x00\xff\xfe\x80"},
		{"nothing", ""},
		{"deep JSON", strings.Repeat("[", 100_000)},
		{"1 MiB of text", `"` + strings.Repeat("x", 1<<20) + `"`},
	} {
		what, bad := k.give(ctx, []byte(input.payload))
		k.say(input.name, bad, "%s", what)
	}
}

// give gives the plugin an event, and says what became of it and whether that is bad.
func (k *pluginCheck) give(ctx context.Context, payload []byte) (what string, bad bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	before := k.crashes.Load()
	k.giveUp.Store(&cancel)
	result, err := k.host.Handle(ctx, pipeline.NewEvent("check", payload))
	if k.crashes.Load() > before {
		return "the plugin crashed", true
	}
	return became(result, err, k.sink)
}
