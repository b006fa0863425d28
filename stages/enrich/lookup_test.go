package enrich

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// bench is a stage with a lookup file, a clock that only moves when told, and
// the log.
type bench struct {
	testing.TB
	*stage
	lookup *lookup
	clock  *clock
	file   string
	log    bytes.Buffer
}

type clock struct {
	pipeline.Clock
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newBench(t testing.TB, csv string) *bench {
	b := &bench{TB: t, clock: &clock{now: time.Unix(1_800_000_000, 0)}, file: filepath.Join(t.TempDir(), "stations.csv")}
	b.write(csv)
	c := config(t, b.file)
	l, err := newLookup(c, b.clock, slog.New(slog.NewTextHandler(&b.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	b.lookup, b.stage = l, newStage(l, c, pipeline.NewEnv("test", nil, pipeline.Options{}))
	return b
}

func config(t testing.TB, file string) Config {
	text := fmt.Sprintf("{lookup: %s, on: {code: body.code}, as: name}", file)
	root, problems := conf.Parse([]conf.Source{{Name: "stage.yaml", Data: []byte(text)}}, nil, nil)
	c := Stage.Defaults.(Config)
	conf.Decode(root, &c, problems)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// write replaces the file, as one should, by renaming.
func (b *bench) write(csv string) {
	b.Helper()
	fresh := b.file + ".new"
	if err := os.WriteFile(fresh, []byte(csv), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(fresh, b.file); err != nil {
		b.Fatal(err)
	}
}

// wants checks what an event with the code A becomes.
func (b *bench) wants(name string) {
	b.Helper()
	e := pipeline.NewEvent("1", []byte(`{"code":"A"}`))
	if err := b.enrich(context.Background(), e); err != nil {
		b.Fatal(err)
	}
	want := `{"code":"A"}`
	if name != "" {
		want = fmt.Sprintf(`{"code":"A","name":{"code":"A","name":%q}}`, name)
	}
	if raw, _ := e.Bytes(); string(raw) != want {
		b.Errorf("got %s, want %s", raw, want)
	}
}

func (b *bench) errors(want int) {
	b.Helper()
	if got := strings.Count(b.log.String(), "level=ERROR"); got != want || int(b.lookup.reloadErrors.Value()) != want {
		b.Errorf("%d errors logged and %d counted, want %d:\n%s", got, b.lookup.reloadErrors.Value(), want, b.log.String())
	}
}

func TestChangedFileIsReadWithinASecond(t *testing.T) {
	b := newBench(t, "code,name\nA,old\n")
	b.write("code,name\nA,new\n")
	b.wants("old")
	b.clock.advance(time.Second)
	b.wants("new")
	b.errors(0)
}

func TestBrokenFileLeavesTheOldOne(t *testing.T) {
	b := newBench(t, "code,name\nA,old\n")
	b.write("code,name\nA\n")
	for range 3 {
		b.clock.advance(time.Second)
		b.wants("old")
	}
	b.errors(1)
	b.write("code,name\nA,\"\n")
	b.clock.advance(time.Second)
	b.wants("old")
	b.errors(2)
	b.write("code,name\nA,mended\n")
	b.clock.advance(time.Second)
	b.wants("mended")
	b.errors(2)
}

func TestMissingFileLeavesTheOldOne(t *testing.T) {
	b := newBench(t, "code,name\nA,old\n")
	for gone := 1; gone <= 2; gone++ {
		away := b.file + ".away"
		if err := os.Rename(b.file, away); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			b.clock.advance(time.Second)
			b.wants("old")
		}
		b.errors(gone)
		if err := os.Rename(away, b.file); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(time.Second)
		b.wants("old")
	}
}

func TestMissesAreCounted(t *testing.T) {
	b := newBench(t, "code,name\nB,other\n")
	b.wants("")
	b.wants("")
	if got := b.misses.Value(); got != 2 {
		t.Errorf("%d misses", got)
	}
}

func TestRepeatedRowsAreTold(t *testing.T) {
	b := newBench(t, "code,name\nA,1\nB,2\nA,3\nA,4\n")
	want := "2 of 4 rows have the same code as one before, first on line 4"
	if got := b.lookup.table.Load().repeated; got != want {
		t.Errorf("got %q", got)
	}
}

func TestManyEventsWhileTheFileChanges(t *testing.T) {
	b := newBench(t, "code,name\nA,1\n")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				e := pipeline.NewEvent("1", []byte(`{"code":"A"}`))
				if err := b.enrich(context.Background(), e); err != nil {
					t.Error(err)
				}
				b.clock.advance(time.Second)
			}
		})
	}
	for i := range 50 {
		b.write(fmt.Sprintf("code,name\nA,%d\n", i))
	}
	all.Wait()
	b.clock.advance(time.Second)
	b.wants("49")
	if b.misses.Value() != 0 {
		t.Errorf("%d events met an empty table", b.misses.Value())
	}
}

func TestFileLimits(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.csv")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxSize+1); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, "long.csv")
	if err := os.WriteFile(long, []byte("code\n"+strings.Repeat("1\n", maxRows+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "folder.csv")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		large:  "it is larger than 64 MiB",
		long:   "more than 1000000 rows",
		folder: "it is not a regular file",
	} {
		_, err := newLookup(config(t, file), pipeline.System, slog.New(slog.DiscardHandler))
		if err == nil || err.Error() != "lookup "+file+": "+want {
			t.Errorf("got %v", err)
		}
	}
}

func BenchmarkEnrich(b *testing.B) {
	var csv strings.Builder
	csv.WriteString("code,name,city,zip\n")
	for i := range 10_000 {
		fmt.Fprintf(&csv, "S%d,Station %d,Oslo,%04d\n", i, i, i)
	}
	s := newBench(b, csv.String())
	raw := []byte(`{"no":"1001","code":"S777","location":{"code":"OSL","city":"Oslo"}}`)
	e := pipeline.NewEvent("1", raw)
	b.ReportAllocs()
	for b.Loop() {
		e.SetBytes(raw)
		if err := s.enrich(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}
