package testfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Find returns the files with tests that are meant by paths: a file with tests itself; a
// folder, for all of them in it and below; or a pipeline.yaml, for its own. No paths at all
// mean the folder that we are in.
func Find(paths []string) (files []string, err error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		found, err := find(path)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files, nil
}

func find(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file or folder", path)
	case err != nil:
		return nil, err
	case info.IsDir():
		return below(path)
	case strings.HasSuffix(path, Suffix):
		return []string{path}, nil
	}
	beside := strings.TrimSuffix(strings.TrimSuffix(path, ".yaml"), ".yml") + Suffix
	if _, err := os.Stat(beside); err == nil {
		return []string{beside}, nil
	}
	// A file with another name that says itself what it tests is read as it is.
	return []string{path}, nil
}

// below finds the files in a folder and all in it, but for those that are hidden.
func below(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != folder && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, Suffix):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}
