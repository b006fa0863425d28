package spool

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
)

// damaged sets bytes aside that cannot be read, and reports them.
func (s *Spool) damaged(g *segment, f *os.File, from, to int64, tail bool) {
	d := Damage{File: g.path, Offset: from, Bytes: to - from, Tail: tail}
	if s.isKnown(d) {
		return
	}
	aside, err := setAside(g.path, f, from, to)
	if err != nil {
		s.o.Log.Error("damaged bytes of the spool could not be set aside, their file is kept", "file", g.path, "error", err)
	} else {
		d.Aside = aside
	}
	s.mu.Lock()
	g.keep = g.keep || err != nil
	if len(s.damage) < maxDamages {
		s.damage = append(s.damage, d)
	}
	s.mu.Unlock()
	s.o.Log.Error("a part of a file of the spool is damaged and was passed over", "file", d.File, "offset", d.Offset, "bytes", d.Bytes, "tail", tail, "aside", d.Aside)
}

// isKnown reports whether a place was reported before: what is found when a file
// is opened is found again when it is read.
func (s *Spool) isKnown(d Damage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.damage, func(o Damage) bool { return o.File == d.File && o.Offset == d.Offset })
}

// setAside copies a part of a file into one of its own.
func setAside(path string, f *os.File, from, to int64) (string, error) {
	aside := fmt.Sprintf("%s.damaged-%d", path, from)
	out, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, io.NewSectionReader(f, from, to-from))
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(aside)
		return "", err
	}
	return aside, nil
}

// healHeader writes both copies of a header if one of them is damaged, before
// the other one is too.
func (s *Spool) healHeader(f *os.File, h header) {
	b, want := make([]byte, headerSize), h.encode()
	if _, err := f.ReadAt(b, 0); err == nil && bytes.Equal(b, want) {
		return
	}
	s.o.Log.Warn("one of the two headers of a file of the spool was damaged and is written again", "file", f.Name(), "error", s.disk.write(f, want, 0))
}

// setSegmentAside renames a file of which nothing can be read.
func (s *Spool) setSegmentAside(f *os.File, path string, first uint64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	d := Damage{File: path, Bytes: info.Size(), Aside: freeName(path + ".damaged")}
	s.damage = append(s.damage, d)
	s.asides = append(s.asides, first)
	s.o.Log.Error("a file of the spool is damaged from its beginning on and was set aside", "file", d.File, "bytes", d.Bytes, "aside", d.Aside)
	return os.Rename(path, d.Aside)
}

func (s *Spool) reportMarks(damaged int) {
	path := s.marks.path
	d := Damage{File: path, Bytes: int64(damaged) * markSize, Aside: freeName(path + ".damaged")}
	if err := copyFile(path, d.Aside); err != nil {
		d.Aside = ""
	}
	s.damage = append(s.damage, d)
	s.o.Log.Error("notes of the spool on what is settled are damaged: records may come again", "file", path, "entries", damaged, "aside", d.Aside)
}

// freeName returns the name, or the first of name-2, name-3, … that no file has.
func freeName(name string) string {
	free := name
	for i := 2; ; i++ {
		if _, err := os.Lstat(free); err != nil {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, i)
	}
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}
