package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Go collects garbage each time the heap has doubled. A flow keeps little and makes much
// garbage, so that it would be collected all the time: a program may use so much memory
// before. What a flow holds, behind a reorder window say, still at most doubles.
const (
	spareHeap   = 64 << 20
	leastGrowth = 100 // per cent
	mostGrowth  = 400
)

// growthFor is by how much, in per cent, a heap may grow of which so much is in use.
func growthFor(live uint64) int {
	return int(min(max(spareHeap*100/max(live, 1), leastGrowth), mostGrowth))
}

// tuneGC has the collector do less while little is in use. GOGC in the environment says
// what is wanted instead.
func tuneGC() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(mostGrowth)
	afterEachGC(func() { debug.SetGCPercent(growthFor(liveHeap())) })
}

// afterEachGC calls f for as long as the program runs.
func afterEachGC(f func()) {
	type marker struct{ _ *byte } // has to be large enough for a place of its own
	runtime.AddCleanup(&marker{new(byte)}, func(struct{}) {
		f()
		afterEachGC(f)
	}, struct{}{})
}

func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
