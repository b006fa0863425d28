// Package spool keeps records on disk until somebody has dealt with them.
//
// A record that [Spool.Append] took is durable: it survives a killed process and
// a power failure. [Spool.Next] gives every record once per run, in the order in
// which they were appended, until [Spool.Done] settles it.
//
// A spool is a folder of its own:
//
//	<number>.seg               records, from that number on; see header.go, record.go
//	<number>.seg.damaged-<at>  bytes of a segment that could not be read, set aside
//	settled                    which numbers are settled; see marksformat.go
//	lock                       is locked by the process that uses the spool
//
// Numbers begin at 1 and are not used twice, as long as the file settled can be read.
// An earlier run's segments are never appended to: every run begins one of its own.
package spool

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

var (
	// ErrFull says that a record does not fit below [Options.MaxBytes] now.
	ErrFull = errors.New("the spool is full")
	// ErrTooLarge says that a record is larger than records may be.
	ErrTooLarge = errors.New("the record is too large for the spool")
	// ErrClosed says that the spool was closed.
	ErrClosed = errors.New("the spool is closed")
)

// Record is one record as [Spool.Next] gives it.
type Record struct {
	// Number is what [Spool.Done] is called with.
	Number uint64
	// Time is when the record was appended.
	Time time.Time
	// Data is the caller's from then on.
	Data []byte
}

// Spool is an open spool. Append, Done and Stats may be called by any number of
// goroutines, Next by one.
type Spool struct {
	folder string
	o      Options
	disk   disk
	lock   io.Closer
	marks  *marks
	reader reader

	wake      chan struct{} // has room for one: there is something to write
	written   chan struct{} // closed when the writer has ended
	sweepWake chan struct{} // has room for one: something may be removed
	swept     chan struct{} // closed when the sweeper has ended
	more      chan struct{} // has room for one: there is something to read
	freed     chan struct{} // has room for one: there is more room

	active  *os.File   // the file of the last segment; the writer's
	reading sync.Mutex // held while the reader reads

	mu       sync.Mutex // guards what follows; never held while a file is used
	segments []*segment // in the order of their numbers; the last one is written to
	next     uint64     // the number of the next record
	settled  ranges     // of the numbers from the first segment on
	given    map[uint64]given
	batches  []*batch // the first is written next
	reserved int64    // bytes of what waits to be written
	bytes    int64    // of all segments
	ended    bool     // nothing more is appended
	closed   bool
	over     bool // nothing more is settled
	damage   []Damage
	lost     uint64
	partial  bool // notes of earlier runs may be lost: what has none may have been settled
}

// given is a record that was given out and is not settled yet.
type given struct {
	at      time.Time
	size    int64
	segment *segment
}

// Open opens the spool in folder, or begins one there. It is locked for this
// process until it is closed or the process ends. An error says what has to be
// done; what is damaged is no error, see [Stats].
func Open(folder string, o Options) (*Spool, error) {
	return open(folder, o, realDisk)
}

func open(folder string, o Options, d disk) (*Spool, error) {
	s := &Spool{
		folder: filepath.Clean(folder), o: o.withDefaults(), disk: d,
		wake: make(chan struct{}, 1), written: make(chan struct{}),
		sweepWake: make(chan struct{}, 1), swept: make(chan struct{}),
		more: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		given: map[uint64]given{},
	}
	s.o.Log = s.o.Log.With("spool", s.folder)
	if err := makeFolder(s.folder); err != nil {
		return nil, wrap("create the folder of", s.folder, err)
	}
	lock, err := lockFolder(s.folder)
	if err != nil {
		return nil, err
	}
	s.lock = lock
	if err := s.recover(); err != nil {
		_ = lock.Close()
		return nil, wrap("open", s.folder, err)
	}
	go s.write()
	go s.sweep()
	return s, nil
}

// End says that nothing more will be appended in this run: [Spool.Next] returns
// [io.EOF] behind the last record.
func (s *Spool) End() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	signal(s.more)
}

// Freed returns a channel with room for one signal, which is sent when records
// that take up room have been removed.
func (s *Spool) Freed() <-chan struct{} { return s.freed }

// Waits reports whether records may wait in a folder that no process has open.
func Waits(folder string) bool { return holdsRecords(folder) && !inUse(folder) }

func holdsRecords(folder string) bool {
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if _, ok := numberIn(e.Name()); !ok {
			continue
		}
		if info, err := e.Info(); err == nil && info.Size() > headerSize {
			return true
		}
	}
	return false
}

// wait returns nil when c gets a signal.
func wait(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
