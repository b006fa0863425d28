package spool

import (
	"log/slog"
	"time"
)

// Options are what a spool needs besides its folder.
type Options struct {
	// MaxBytes is how large the segments may grow together; 0: no limit. The
	// notes on what is settled come on top: about 1 MiB, or 80 bytes for each
	// record that is held while others behind it are settled.
	MaxBytes int64
	// MaxRecord is how large a record may be; 0: [MaxRecord], which is also the
	// most. One written under a larger limit can still be read.
	MaxRecord int64
	// SegmentBytes is how large a file grows before the next one is begun; 0: an
	// eighth of MaxBytes, but not less than 64 KiB nor more than 16 MiB.
	SegmentBytes int64
	// Now is where time comes from; nil: [time.Now].
	Now func() time.Time
	// Log gets what operators should know; nil: nothing is logged.
	Log *slog.Logger
}

// MaxRecord is the size of the largest record that the format can hold.
const MaxRecord = 1 << 30

func (o Options) withDefaults() Options {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 16 << 20
		if o.MaxBytes > 0 {
			o.SegmentBytes = min(max(o.MaxBytes/8, 64<<10), o.SegmentBytes)
		}
	}
	if o.MaxRecord <= 0 || o.MaxRecord > MaxRecord {
		o.MaxRecord = MaxRecord
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With()
	return o
}
