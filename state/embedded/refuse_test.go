package embedded

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/leat-io/leat/pipeline"
)

func TestFileInUseIsRefused(t *testing.T) {
	folder := t.TempDir()
	s := openIn(t, folder, pipeline.System)
	defer s.close()
	refused(t, folder, "in use by another leat process")
	if err := commit(s, random()); err != nil {
		t.Error("the one that has the file:", err)
	}
}

func TestForeignFilesAreRefusedAndLeftAlone(t *testing.T) {
	for name, content := range map[string]string{
		"text":      "a shopping list\n",
		"long text": strings.Repeat("a shopping list\n", 10_000),
		"zeros":     strings.Repeat("\x00", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			folder := withFile(t, []byte(content))
			refused(t, folder, "is damaged, or not a leat state file")
			if after, _ := os.ReadFile(fileIn(folder)); string(after) != content {
				t.Error("the file was changed")
			}
		})
	}
}

func TestDatabaseOfAnotherProgramIsRefused(t *testing.T) {
	folder := edited(t, func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket([]byte(metaBucket)); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("spool"))
		return err
	})
	refused(t, folder, "is not a leat state file")
}

func TestNewerFormatIsRefused(t *testing.T) {
	folder := edited(t, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(metaBucket)).Put([]byte("format"), []byte("2"))
	})
	refused(t, folder, "has format 2 and this leat knows formats up to 1")
}

// TestDamagedFileIsRefused cuts a file short and overwrites each of its pages.
func TestDamagedFileIsRefused(t *testing.T) {
	page := os.Getpagesize()
	whole, _ := os.ReadFile(fileIn(edited(t, func(*bbolt.Tx) error { return nil })))
	refused(t, withFile(t, whole[:3*page]), "is damaged")
	refused(t, withFile(t, whole[:len(whole)/8]), "is damaged")
	used := 0
	for at := 2 * page; at < len(whole); at += page {
		damaged := bytes.Clone(whole)
		copy(damaged[at:at+page], bytes.Repeat([]byte{0xa5}, page))
		s := storeIn(withFile(t, damaged), pipeline.System)
		err := s.open(background)
		if err == nil {
			err = s.close() // nothing lay on that page
			used--
		} else if strings.Contains(err.Error(), "is damaged") {
			err = nil
		}
		if used++; err != nil {
			t.Errorf("page %d: %v", at/page, err)
		}
	}
	if used < 10 {
		t.Errorf("only %d pages mattered", used)
	}
}

func TestEmptyFileIsTaken(t *testing.T) {
	s := openIn(t, withFile(t, nil), pipeline.System)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsPrivate(t *testing.T) {
	folder := edited(t, func(*bbolt.Tx) error { return nil })
	for path, want := range map[string]os.FileMode{fileIn(folder): 0o600, filepath.Dir(fileIn(folder)): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestCallsBeforeTheOpeningFail(t *testing.T) {
	s := storeIn(t.TempDir(), pipeline.System)
	if v, err := s.Claims("a").Claim(background, random()); v != pipeline.Unsure || err != errNotOpen {
		t.Error("claim:", v, err)
	}
	if err := commit(s, random()); err != errNotOpen {
		t.Error("commit:", err)
	}
	if err := s.close(); err != nil {
		t.Error("close:", err)
	}
}

func TestCleanStopIsRecorded(t *testing.T) {
	folder := edited(t, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(metaBucket))
		if got := fmt.Sprintf("%s %s", b.Get([]byte("run")), b.Get([]byte("clean"))); got != "1 1" {
			return fmt.Errorf("run and clean: %s", got)
		}
		return nil
	})
	s := openIn(t, folder, pipeline.System)
	defer s.close()
	if s.run != 2 {
		t.Error("run:", s.run)
	}
}

// edited returns the folder of a state file with some events, changed by f.
func edited(t *testing.T, f func(*bbolt.Tx) error) (folder string) {
	t.Helper()
	folder = t.TempDir()
	s := openIn(t, folder, pipeline.System)
	fill(t, s, "a", 4000)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(fileIn(folder), 0o600, options(0))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Update(f); err != nil {
		t.Fatal(err)
	}
	return folder
}

func withFile(t *testing.T, content []byte) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.MkdirAll(filepath.Dir(fileIn(folder)), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fileIn(folder), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func fileIn(folder string) string { return storeIn(folder, pipeline.System).path }

func refused(t *testing.T, folder, want string) {
	t.Helper()
	s := storeIn(folder, pipeline.System)
	err := s.open(background)
	if err == nil {
		_ = s.close()
		t.Fatal("opened")
	}
	t.Log(err)
	if !strings.Contains(err.Error(), want) {
		t.Errorf("%v\nwant: %s", err, want)
	}
}
