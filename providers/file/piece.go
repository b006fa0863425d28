package file

import (
	"fmt"
	"io"
)

// piece is where a piece of a line lies in a file, which ends there.
type piece struct{ from, to int64 }

// lastPiece returns where the n bytes lie that were written last. Others may
// write to the same file, so its place cannot be known from what was written
// before; but appending leaves the offset behind the bytes.
func (a *appender) lastPiece(n int) piece {
	to, err := a.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return piece{}
	}
	return piece{to - int64(n), to}
}

// takeBack removes the piece of a line that was cut off, if there is one. Where
// somebody else has written behind it, it has to stay.
func (a *appender) takeBack() error {
	if a.torn == (piece{}) {
		return nil
	}
	info, err := a.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == a.torn.to {
		if err := a.f.Truncate(a.torn.from); err != nil {
			return fmt.Errorf("take back a line that was cut off: %w", err)
		}
	} else if info.Size() > a.torn.to {
		a.log.Error("a line that was cut off stays in the file: another process has written behind it", "path", a.path, "offset", a.torn.from)
	}
	a.torn = piece{}
	return nil
}
