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
// otherwise one whose digest was checked. A program is copied to where nobody else can
// change it between the check and the start. A script is not, as it finds what it loads
// beside it.
func verified(path string, digest []byte, to string) (string, error) {
	if len(digest) == 0 {
		return path, nil
	}
	script, err := isScript(path)
	if err != nil {
		return "", err
	}
	if !script {
		if path, err = copyInto(path, to); err != nil {
			return "", err
		}
	}
	// One that was used once never passes again, because its hash goes on from there.
	secure := goplugin.SecureConfig{Checksum: digest, Hash: sha256.New()}
	same, err := secure.Check(path)
	if err == nil && !same {
		err = errDigest
	}
	return path, err
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

// copyInto copies a file into a folder, readable and executable by this user only.
func copyInto(path, folder string) (string, error) {
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.CreateTemp(folder, "run-*-"+filepath.Base(path))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Chmod(0o500), to.Close())
	if err != nil {
		return "", fmt.Errorf("copy the plugin: %w", err)
	}
	return to.Name(), nil
}
