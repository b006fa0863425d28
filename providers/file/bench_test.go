package file

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

var benchLine = []byte(`{"eventId":"0f8fad5b-d9cb-469f-a165-70867728950e","parcel":"370123456789012345","eventType":{"apiKey":"103","name":"Delivered"},"eventTimeUtc":"2026-03-31T10:00:00Z","location":"OSL"}` + "\n")

func BenchmarkSourceLines(b *testing.B) {
	const n = 10_000
	text := bytes.Repeat(benchLine, n)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		lr := &lineReader{r: bytes.NewReader(text), path: "f", max: 1 << 20, at: place{line: 1}}
		lines := 0
		for err := error(nil); err == nil; {
			block := newBlock("f", time.Time{})
			if err = lr.fill(block); err != nil && err != io.EOF {
				b.Fatal(err)
			}
			block.message(context.Background())
			lines += len(block.lines)
		}
		if lines != n {
			b.Fatal(lines)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/line")
}

func BenchmarkSinkAppend(b *testing.B) {
	for _, fsync := range []string{fsyncNone, fsyncAlways} {
		b.Run("fsync="+fsync, func(b *testing.B) {
			s := newSink(SinkConfig{Path: filepath.Join(b.TempDir(), "out"), Format: pipeline.FormatLines, Fsync: fsync}, pipeline.System, nil)
			defer s.files.close()
			b.SetBytes(int64(len(benchLine)))
			b.ReportAllocs()
			b.SetParallelism(100)
			b.RunParallel(func(pb *testing.PB) {
				e := pipeline.NewEvent("1", benchLine[:len(benchLine)-1])
				for pb.Next() {
					if err := s.deliver(context.Background(), e); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
