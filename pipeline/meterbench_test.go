package pipeline

import "testing"

// BenchmarkLaneMeasured is BenchmarkLane while somebody measures.
func BenchmarkLaneMeasured(b *testing.B) { benchLaneWith(b, passingFive, Options{Measure: true}) }
