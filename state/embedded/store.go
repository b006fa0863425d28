package embedded

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
)

// store is one state file. Readers go to the file themselves; everything that
// is written goes through the queue to one goroutine, the writer.
type store struct {
	path  string
	clock pipeline.Clock
	log   *slog.Logger

	db      atomic.Pointer[bbolt.DB] // nil while the file is not open
	run     uint32                   // counts the openings of the file; fixed once it is open
	unclean bool                     // the run before this one did not end as it should
	queue   queue
	writer  writer

	mu     sync.Mutex
	tables map[string]*table // by the name of their bucket
}

func newStore(c Config, clock pipeline.Clock, log *slog.Logger) *store {
	s := &store{path: c.Path, clock: clock, log: log, tables: map[string]*table{}}
	s.queue.init()
	s.writer.init(s)
	return s
}

// open opens the file and starts the writer, which ends in close.
func (s *store) open(context.Context) error {
	opened, err := openFile(s.path, s.log)
	if err != nil {
		return err
	}
	for bucket, found := range opened.tables {
		s.table(bucket).segments.Store(found.segments.Load())
	}
	s.run, s.unclean = opened.run, !opened.clean
	s.db.Store(opened.db)
	go s.writer.work()
	return nil
}

// close writes what is on its way and, if nothing was lost in that, that the run
// ended cleanly. After it every call fails.
func (s *store) close() error {
	s.queue.close()
	db := s.db.Load()
	if db == nil {
		return nil
	}
	<-s.writer.ended
	var err error
	if !s.writer.failed {
		err = writeClean(db, s.run)
	}
	s.db.Store(nil)
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return wrap("close", s.path, err)
}

// file returns the open file.
func (s *store) file() (*bbolt.DB, error) {
	if db := s.db.Load(); db != nil {
		return db, nil
	}
	if s.queue.isClosed() {
		return nil, errClosed
	}
	return nil, errNotOpen
}

// Claims returns the dedupe memory of one stage.
func (s *store) Claims(space string) pipeline.Claims {
	return &claims{store: s, table: s.table(claimsPrefix + space)}
}

// Times returns the last released times of one stage's keys.
func (s *store) Times(space string) pipeline.Times {
	return &times{store: s, table: s.table(timesPrefix + space)}
}

func (s *store) table(bucket string) *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[bucket] == nil {
		s.tables[bucket] = newTable(bucket)
	}
	return s.tables[bucket]
}

// allTables returns every table, also those in the file that no stage uses now.
func (s *store) allTables() []*table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.tables))
}
