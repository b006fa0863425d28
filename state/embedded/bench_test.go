package embedded

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/pipeline"
)

func BenchmarkEmbeddedClaimCommit(b *testing.B) {
	for _, callers := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) { claimCommit(b, callers, false) })
	}
	b.Run("callers=512/with times", func(b *testing.B) { claimCommit(b, 512, true) })
}

func claimCommit(b *testing.B, callers int, save bool) {
	s := openIn(b, b.TempDir(), pipeline.System)
	claims, times := s.Claims("bench"), s.Times("bench")
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for range b.N / callers {
				id := random()
				if v, err := claims.Claim(context.Background(), id); v != pipeline.Claimed {
					b.Error(v, err)
				}
				if save {
					times.Save(fmt.Sprint(id[0], id[1]), time.Now())
				}
				if err := claims.Commit(context.Background(), id, 24*time.Hour, pipeline.OutcomeDelivered); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N/callers*callers)/b.Elapsed().Seconds(), "events/s")
	b.StopTimer()
	if err := s.close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkEmbeddedClaim asks for events with a million in the file, spread
// over the segments of a day as they would be.
func BenchmarkEmbeddedClaim(b *testing.B) {
	const known = 1_000_000
	folder := b.TempDir()
	s := openIn(b, folder, pipeline.System)
	ids := fill(b, s, "bench", known)
	claims := s.Claims("bench")
	b.Run("unknown", func(b *testing.B) { claimAll(b, claims, pipeline.Claimed, random) })
	b.Run("known", func(b *testing.B) {
		claimAll(b, claims, pipeline.Delivered, func() pipeline.Digest { return ids[rand.IntN(known)] })
	})
	if err := s.close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for range b.N {
			if err := openIn(b, folder, pipeline.System).close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func claimAll(b *testing.B, claims pipeline.Claims, want pipeline.Verdict, next func() pipeline.Digest) {
	b.ReportAllocs()
	for range b.N {
		if v, err := claims.Claim(context.Background(), next()); v != want {
			b.Fatal(v, err)
		}
	}
}

// fill commits n events, with ttls that spread them over eight segments.
func fill(tb testing.TB, s *store, space string, n int) []pipeline.Digest {
	ids := make([]pipeline.Digest, n)
	t := s.Claims(space).(*claims).table
	var last *batch
	for i := range ids {
		ids[i] = random()
		ttl := 24*time.Hour - time.Duration(i*8/n)*3*time.Hour
		last, _ = s.queue.add(record{t, segmentEnd(s.clock.Now(), ttl), ids[i], claimValue(s.run, pipeline.OutcomeDelivered)}, nil)
	}
	if err := s.queue.wait(tb.Context(), last); err != nil {
		tb.Fatal(err)
	}
	return ids
}

func random() (d pipeline.Digest) {
	binary.LittleEndian.PutUint64(d[:], rand.Uint64())
	binary.LittleEndian.PutUint64(d[8:], rand.Uint64())
	return d
}
