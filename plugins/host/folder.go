package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	folderPrefix = "leat-plugin-"
	lockName     = "owner.lock"
	// longestFolder is how long the path of the folder may be: a socket's path, with
	// what go-plugin puts behind it, has to fit into 104 bytes.
	longestFolder = 64
)

// folder is where the sockets of a plugin lie, and the copy of it that runs. Only this
// user can enter it. It is locked as long as its leat lives: that is how others tell one
// that was left behind.
type folder struct {
	path string
	lock *os.File
}

// newFolder makes a folder, and removes those that leats which were killed have left.
func newFolder() (*folder, error) {
	root := os.TempDir()
	if len(root)+len(folderPrefix)+12 > longestFolder {
		root = "/tmp"
	}
	sweep(root)
	for range 10 {
		f, err := lockedFolder(root)
		if err != nil {
			return nil, fmt.Errorf("make a folder for the plugin's socket: %w", err)
		}
		if f != nil {
			return f, nil
		}
	}
	return nil, errors.New("make a folder for the plugin's socket: others remove it each time")
}

// lockedFolder makes a folder and locks it; nil: another leat took it for one that was
// left behind before it had its lock.
func lockedFolder(root string) (*folder, error) {
	path, err := os.MkdirTemp(root, folderPrefix)
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	f := &folder{path, lock}
	free, err := tryLock(lock)
	if err != nil {
		f.remove()
		return nil, err
	}
	if _, err := os.Lstat(filepath.Join(path, lockName)); !free || err != nil {
		return nil, lock.Close()
	}
	return f, nil
}

func (f *folder) remove() {
	_ = os.RemoveAll(f.path)
	_ = f.lock.Close()
}

// sweep removes the folders that nobody holds.
func sweep(root string) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), folderPrefix) {
			removeLeftover(filepath.Join(root, entry.Name()))
		}
	}
}

// removeLeftover removes a folder whose lock can be had. One without a lock may be about
// to get it.
func removeLeftover(path string) {
	if !ours(path) {
		return
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer lock.Close()
	if free, err := tryLock(lock); err == nil && free {
		_ = os.RemoveAll(path)
	}
}
