package snsunwrap_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/snssig/snssigtest"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/stages/snsunwrap"
)

// BenchmarkUnwrap is what the stage costs an event.
func BenchmarkUnwrap(b *testing.B) {
	raw := snssigtest.Shared().Sign(snssigtest.Notification(topic, "m-1", `{"events":[`+strings.Repeat(`{"parcel":"37001"},`, 50)+`{}]}`))
	path := filepath.Join(b.TempDir(), "sns.pem")
	if err := os.WriteFile(path, snssigtest.Shared().PEM, 0o600); err != nil {
		b.Fatal(err)
	}
	for name, c := range map[string]snsunwrap.Config{
		"verify=false": {MaxDepth: 64}, "topics": {MaxDepth: 64, Topics: []string{topic}},
		"verify=true": {MaxDepth: 64, Verify: true, Topics: []string{topic}, Certificate: path},
	} {
		b.Run(name, func(b *testing.B) {
			stage, err := snsunwrap.New(c, pipeline.NewEnv("bench", nil, pipeline.Options{}))
			if err != nil {
				b.Fatal(err)
			}
			handle := stage(func(context.Context, *pipeline.Event) error { return nil })
			b.ReportAllocs()
			for b.Loop() {
				e := &pipeline.Event{ID: "1"}
				e.SetBytes(raw)
				if err := handle(b.Context(), e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
