package spool

import (
	"fmt"
	"sync"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 1000} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s := openIn(b, b.TempDir(), Options{})
			defer s.Close()
			record := make([]byte, 200)
			var all sync.WaitGroup
			b.ResetTimer()
			for i := range callers {
				all.Go(func() {
					for range b.N/callers + min(1, max(0, b.N%callers-i)) {
						if err := s.Append(background, record); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkReadAndSettle settles each record that is read; held leaves the first
// of every 50 for the end, as a window does.
func BenchmarkReadAndSettle(b *testing.B) {
	for _, held := range []bool{false, true} {
		b.Run(fmt.Sprintf("held=%v", held), func(b *testing.B) {
			s := openIn(b, b.TempDir(), Options{})
			defer s.Close()
			batch := make([][]byte, 1000)
			for i := range batch {
				batch[i] = make([]byte, 200)
			}
			for n := 0; n < b.N; n += len(batch) {
				if err := s.Append(background, batch...); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			for i := range b.N {
				r, err := s.Next(background)
				if err != nil {
					b.Fatal(err)
				}
				if held && i%50 == 0 {
					continue
				}
				if err := s.Done(r.Number); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	folder := b.TempDir()
	s := openIn(b, folder, Options{})
	batch := make([][]byte, 1000)
	for i := range batch {
		batch[i] = make([]byte, 1000)
	}
	for range 1000 {
		if err := s.Append(background, batch...); err != nil {
			b.Fatal(err)
		}
	}
	_ = s.Close()
	for b.Loop() {
		s := openIn(b, folder, Options{})
		if _, err := s.Next(background); err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}
