package testfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
)

// Find returns the files with tests that are meant by paths: a file with tests itself,
// which that of a preset can be; a folder, for all of them in it and below; or a
// pipeline.yaml, for its own and those of its presets. No paths at all mean the folder that
// we are in.
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
	presets := presetsOf(path)
	if _, err := os.Stat(beside); err == nil {
		return append([]string{beside}, presets...), nil
	}
	if len(presets) > 0 {
		return presets, nil
	}
	// A file with another name that says itself what it tests is read as it is.
	return []string{path}, nil
}

// presetsOf are the files with tests of the presets that a pipeline.yaml names.
func presetsOf(path string) (files []string) {
	for _, file := range pipeline.PresetsNamed(path) {
		if hasPreset(file) {
			files = append(files, file)
		}
	}
	return files
}

// hasPreset reports whether a file describes a preset and has tests of it.
func hasPreset(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil || !presetLine.Match(data) || !testsLine.Match(data) {
		return false
	}
	root, _ := conf.Parse([]conf.Source{{Name: path, Data: data}}, nil, nil)
	return root == nil || root.Get("preset") != nil && root.Get("source") != nil
}

// What the file of a preset with tests has at the beginning of lines.
var (
	presetLine = regexp.MustCompile(`(?m)^preset\s*:`)
	testsLine  = regexp.MustCompile(`(?m)^tests\s*:`)
)

// below finds the files in a folder and all in it, but for those that are hidden.
func below(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != folder && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata"):
			return fs.SkipDir
		case d.Type().IsRegular() && isPreset(path, d), !d.IsDir() && strings.HasSuffix(name, Suffix):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// largest is how large a file may be that is looked into for a preset.
const largest = 1 << 20

// isPreset reports whether a file in a folder is that of a preset with tests.
func isPreset(path string, d fs.DirEntry) bool {
	if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" {
		return false
	}
	info, err := d.Info()
	return err == nil && info.Size() <= largest && hasPreset(path)
}
