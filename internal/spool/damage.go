package spool

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
)

// damaged sets bytes aside that cannot be read, and reports them.
func (s *Spool) damaged(g *segment, f *os.File, from, to int64, tail bool) {
	d := Damage{File: g.path, Offset: from, Bytes: to - from, Tail: tail}
	if s.isKnown(d) {
		return
	}
	aside, err := s.disk.setAside(g.path, f, from, to)
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

// setAside copies a part of a file into one of its own, unless that was done before.
func (d disk) setAside(path string, f *os.File, from, to int64) (string, error) {
	for name := range names(fmt.Sprintf("%s.damaged-%d", path, from)) {
		out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if errors.Is(err, os.ErrExist) {
			if isCopy(name, f, from, to) {
				return name, nil
			}
			continue
		}
		if err != nil {
			return "", err
		}
		err = d.copyPart(out, f, from, to)
		if closed := out.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(name)
		}
		return name, err
	}
	return "", nil // there is always another name
}

func (d disk) copyPart(to, from *os.File, first, end int64) error {
	buf := make([]byte, min(end-first, readAhead))
	for at := first; at < end; {
		n, err := from.ReadAt(buf[:min(end-at, readAhead)], at)
		if err != nil && (n == 0 || !isEOF(err)) {
			return err
		}
		if err := d.write(to, buf[:n], at-first); err != nil {
			return err
		}
		at += int64(n)
	}
	return d.sync(to)
}

// isCopy reports whether a file holds a part of another one.
func isCopy(name string, f *os.File, from, to int64) bool {
	if info, err := os.Stat(name); err != nil || info.Size() != to-from {
		return false
	}
	have, err := os.ReadFile(name)
	want := make([]byte, to-from)
	if n, _ := f.ReadAt(want, from); err != nil || n < len(want) {
		return false
	}
	return bytes.Equal(have, want)
}

// healHeader writes both copies of a header if one of them is damaged, before
// the other one is too.
func (s *Spool) healHeader(f *os.File, h header) {
	b, want := make([]byte, headerSize), h.encode()
	if _, err := f.ReadAt(b, 0); err == nil && bytes.Equal(b, want) {
		return
	}
	if err := s.disk.write(f, want, 0); err != nil {
		s.o.Log.Warn("one of the two headers of a file of the spool is damaged and could not be written again", "file", f.Name(), "error", err)
		return
	}
	s.o.Log.Warn("one of the two headers of a file of the spool was damaged and was written again", "file", f.Name())
}

// setSegmentAside renames a file of which nothing can be read. Its numbers are not
// used again: it has fewer records than heads would fit into it.
func (s *Spool) setSegmentAside(f *os.File, first uint64, found *found) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	path := f.Name()
	found.next = max(found.next, first+uint64(info.Size()/headSize))
	d := Damage{File: path, Bytes: info.Size(), Aside: freeName(path + ".damaged")}
	if err := os.Rename(path, d.Aside); err != nil {
		d.Aside = ""
		s.o.Log.Error("a file of the spool is damaged from its beginning on and is passed over; it could not be set aside", "file", d.File, "bytes", d.Bytes, "error", err)
	} else {
		s.o.Log.Error("a file of the spool is damaged from its beginning on and was set aside", "file", d.File, "bytes", d.Bytes, "aside", d.Aside)
	}
	s.damage = append(s.damage, d)
	return nil
}

func (s *Spool) reportMarks(damaged int) {
	path := s.marks.path
	d := Damage{File: path, Bytes: int64(damaged) * markSize, Aside: freeName(path + ".damaged")}
	if err := copyFile(path, d.Aside); err != nil {
		s.o.Log.Error("damaged notes of the spool could not be set aside", "file", path, "error", err)
		d.Aside = ""
	}
	s.damage = append(s.damage, d)
	s.o.Log.Error("notes of the spool on what is settled are damaged: records may come again", "file", path, "entries", damaged, "aside", d.Aside)
}

// freeName returns the first of names that no file has.
func freeName(name string) string {
	for free := range names(name) {
		if _, err := os.Lstat(free); err != nil {
			return free
		}
	}
	return name
}

// names goes through name, name-2, name-3, …
func names(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, next := 2, name; yield(next); i++ {
			next = fmt.Sprintf("%s-%d", name, i)
		}
	}
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}
