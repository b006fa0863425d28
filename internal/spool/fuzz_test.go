package spool

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// FuzzRecovery opens a folder of arbitrary files. Whatever is in them, the spool
// must open or say why not, take a record and give it back.
func FuzzRecovery(f *testing.F) {
	folder := f.TempDir()
	s := openIn(f, folder, Options{})
	appended(f, s, "a", "b", "c\xf5sp\x01")
	done(f, s, take(f, s, 2)[1])
	appended(f, s, "d")
	closed(f, s)
	segment, _ := os.ReadFile(filepath.Join(folder, "0000000000000001.seg"))
	marks, _ := os.ReadFile(filepath.Join(folder, settledName))
	f.Add(segment, marks)
	f.Add(segment[:headerSize+10], marks[:headerSize+3])
	f.Add([]byte{}, []byte{})
	sealed := appendSeal(segment, mustHeader(f, segment).seed(), 5, sealWhole)
	f.Add(sealed, marks)
	f.Add(appendSeal(segment, mustHeader(f, segment).seed(), maxNumber-5, sealSparse), marks)
	f.Fuzz(func(t *testing.T, segment, marks []byte) {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "0000000000000001.seg"), segment)
		write(t, filepath.Join(folder, settledName), marks)
		for range 2 {
			openAndUse(t, folder)
		}
	})
}

func mustHeader(t testing.TB, b []byte) header {
	h, err := decodeHeader(b[:headerSize], kindSegment)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func openAndUse(t *testing.T, folder string) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := Open(folder, Options{})
	if err != nil {
		return // it says why
	}
	defer s.Close()
	if err := s.Append(t.Context(), []byte("mine")); err != nil {
		t.Fatal(err)
	}
	s.End()
	last := ""
	for begun := time.Now(); ; {
		r, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || time.Since(begun) > 10*time.Second {
			t.Fatal(err)
		}
		last = string(r.Data)
		if err := s.Done(r.Number); err != nil {
			t.Fatal(err)
		}
	}
	if last != "mine" {
		t.Fatalf("the last record is %q", last)
	}
	if w := s.Stats().Waiting; w != 0 {
		t.Fatal(w, "records wait")
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Fatal("allocated", grown)
	}
}
