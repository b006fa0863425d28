package embedded

import (
	"os"
	"path/filepath"
	"runtime"
)

// isAt reports whether the open file is the one that the path names now.
func isAt(file *os.File, path string) bool {
	named, err := os.Stat(path)
	if err != nil {
		return false
	}
	open, err := file.Stat()
	return err == nil && os.SameFile(named, open)
}

// syncFolder makes sure that a power loss does not take away the name of a file
// that is new in its folder.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
