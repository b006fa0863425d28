package enrich

import (
	"errors"
	"fmt"
	"io"
	"os"
)

var errChanging = errors.New("it changed while it was read: replace it by renaming a new file over it")

// read reads the file and returns which version of it that was. The version is
// nil when the same one may be readable later.
func (l *lookup) read() (*table, os.FileInfo, error) {
	version, err := os.Stat(l.path)
	switch {
	case err != nil:
		return nil, nil, bare(err)
	case !version.Mode().IsRegular(): // opening a pipe would wait for its writer
		return nil, version, errors.New("it is not a regular file")
	case version.Size() > maxSize:
		return nil, version, tooLarge()
	}
	data, err := content(l.path)
	if err != nil {
		return nil, nil, err
	}
	if after, err := os.Stat(l.path); err != nil || !same(after, version) {
		return nil, nil, errChanging
	}
	t, err := readTable(l.path, data, l.on)
	return t, version, err
}

// content reads no more than a file may have, whatever its size was before.
func content(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = tooLarge()
	}
	return data, err
}

func tooLarge() error { return fmt.Errorf("it is larger than %d MiB", maxSize>>20) }

// bare leaves out the path, which the caller names.
func bare(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
