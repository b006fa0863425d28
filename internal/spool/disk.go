package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// disk is what can fail while a segment is written, for tests that have it fail.
type disk struct {
	write    func(f *os.File, b []byte, at int64) error
	sync     func(f *os.File) error
	truncate func(f *os.File, size int64) error
}

var realDisk = disk{
	write: func(f *os.File, b []byte, at int64) error {
		_, err := f.WriteAt(b, at)
		return err
	},
	sync:     (*os.File).Sync,
	truncate: (*os.File).Truncate,
}

// syncFolder makes sure that a power failure neither takes away the name of a
// new file nor brings back that of a removed one.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// makeFolder makes a folder and those it is in, so that a power failure does not take
// them away again.
func makeFolder(folder string) error {
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(folder)
	if parent != folder {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return syncFolder(parent)
}

// replaceFile puts a file with the given content, whole or not at all, in the
// place of path, and returns it open for reading and writing.
func (d disk) replaceFile(path string, fill func(f *os.File) error) (*os.File, error) {
	temporary := path + ".tmp"
	f, err := os.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err = fill(f); err == nil {
		err = d.sync(f)
	}
	if closed := f.Close(); err == nil { // Windows renames no open file
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		_ = os.Remove(temporary)
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR, 0)
}

func wrap(doing, folder string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s the spool %s: %w", doing, folder, err)
}
