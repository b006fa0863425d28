package file

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/leat-io/leat/internal/filelock"
	"github.com/leat-io/leat/pipeline"
)

// marksSuffix is the end of the name of the file that says what became of letters.
const marksSuffix = ".replayed"

// marksVersion is the version of the format of its lines.
const marksVersion = 1

// markLine is one line of it.
type markLine struct {
	Version int                   `json:"v"`
	Letter  string                `json:"letter"` // its Mark
	Became  pipeline.LetterStatus `json:"became"`
	ID      string                `json:"id"` // for people
	Time    time.Time             `json:"time"`
}

func (b letterBox) marksPath() string {
	return strings.ReplaceAll(b.config.Path, dateMark, "all") + marksSuffix
}

// readMarks reads what became of letters. A line that is none, such as one that a kill
// has torn, is passed over: its letter is replayed once more.
func readMarks(path string) (map[string]pipeline.LetterStatus, error) {
	marks := map[string]pipeline.LetterStatus{}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return marks, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := newLetterLines(f, blockSize)
	for {
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return marks, nil
		case errors.Is(err, errHugeLine):
			continue
		case err != nil:
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		var m markLine
		if json.Unmarshal(line, &m) != nil || m.Letter == "" || m.Became == pipeline.LetterWaits {
			continue
		}
		if m.Version > marksVersion {
			return nil, fmt.Errorf("%s was written by a newer leat: use that one", path)
		}
		marks[m.Letter] = m.Became
	}
}

// letterMarks appends to the file. It has the file locked until it is closed.
type letterMarks struct {
	mu sync.Mutex
	f  *os.File
}

// Begin implements [pipeline.LetterBox].
func (b letterBox) Begin() (pipeline.LetterMarks, error) {
	path := b.marksPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of %s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	free, err := filelock.TryLock(f)
	if err == nil && !free {
		err = fmt.Errorf("another leat dead replay is at work on %s: wait for its end", b.config.Path)
	}
	if err == nil {
		err = endLine(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &letterMarks{f: f}, nil
}

// endLine ends a line that a kill has torn, so that the next mark has one of its own.
func endLine(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = f.Write([]byte{'\n'})
	return err
}

// Mark implements [pipeline.LetterMarks]. A line is one write: of one that fails in the
// middle the next attempt, or the next replay, ends the rest.
func (m *letterMarks) Mark(l *pipeline.Letter, became pipeline.LetterStatus) error {
	line, err := json.Marshal(markLine{marksVersion, l.Mark, became, l.ID, time.Now().UTC()})
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := endLine(m.f); err != nil {
		return err
	}
	_, err = m.f.Write(append(line, '\n'))
	return err
}

// Close implements [pipeline.LetterMarks]: it also brings the marks to the disk.
func (m *letterMarks) Close() error { return errors.Join(m.f.Sync(), m.f.Close()) }
