package host

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	goplugin "github.com/hashicorp/go-plugin"
)

// errDigest is a file that is not the one it should be.
var errDigest = errors.New("the file is not the one that sha256 in pipeline.yaml names")

// verified returns the path to execute: the plugin itself where no digest is given, and
// otherwise one whose digest was checked. A program is copied, once, to where nobody else
// can change it between the check and a start. A script is not, as it finds what it loads
// beside it.
func verified(path string, digest []byte, to string) (string, error) {
	if len(digest) == 0 {
		return path, nil
	}
	script, err := isScript(path)
	if err != nil {
		return "", err
	}
	if script {
		return path, check(path, digest)
	}
	copied := filepath.Join(to, "run-"+filepath.Base(path))
	if check(copied, digest) == nil {
		return copied, nil
	}
	if err := copyTo(copied, path); err != nil {
		return "", fmt.Errorf("copy the plugin: %w", err)
	}
	return copied, check(copied, digest)
}

// check compares a file with its digest. Each time has a hash of its own: one that was
// used goes on from there, and never passes again.
func check(path string, digest []byte) error {
	secure := goplugin.SecureConfig{Checksum: digest, Hash: sha256.New()}
	same, err := secure.Check(path)
	if err == nil && !same {
		err = errDigest
	}
	return err
}

func isScript(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var begin [2]byte
	n, err := io.ReadFull(f, begin[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	return bytes.Equal(begin[:n], []byte("#!")), nil
}

// copyTo copies a file to another, readable and executable by this user only.
func copyTo(name, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.CreateTemp(filepath.Dir(name), "copy-")
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Chmod(0o500), to.Close()); err != nil {
		return errors.Join(err, os.Remove(to.Name()))
	}
	return os.Rename(to.Name(), name)
}
