package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/pipeline"
)

// locate returns the real path of a plugin, which has to be a file that can be executed
// below the plugin folder, also behind all symbolic links.
func locate(run, folder string) (string, error) {
	root, err := realPath(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return "", pipeline.FieldError("run", "there is no plugin folder %s: make it, or name another with plugins: {folder: …} at the top of the file", folder)
	}
	if err != nil {
		return "", pipeline.FieldError("run", "the plugin folder: %w", err)
	}
	path, err := realPath(run)
	if errors.Is(err, fs.ErrNotExist) {
		return "", pipeline.FieldError("run", "there is no file %s%s", run, built(run))
	}
	if err != nil {
		return "", pipeline.FieldError("run", "%w", err)
	}
	if !below(path, root) {
		return "", pipeline.FieldError("run", "%s is not below the plugin folder %s: move it there, or name another with plugins: {folder: …} at the top of the file", described(run, path), folder)
	}
	return path, executable(path)
}

func realPath(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

func below(path, root string) bool {
	relative, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(relative) && relative != "."
}

// described says where a link leads, when it is one.
func described(run, path string) string {
	if absolute, err := filepath.Abs(run); err == nil && absolute == path {
		return run
	}
	return fmt.Sprintf("%s (which is %s)", run, path)
}

// built suggests to build what looks like the folder of a Go plugin.
func built(run string) string {
	if matches, _ := filepath.Glob(filepath.Join(filepath.Dir(run), "*.go")); len(matches) > 0 {
		return fmt.Sprintf(": build it with go build -o %s ./%s", run, strings.TrimPrefix(filepath.Dir(run), "./"))
	}
	return ""
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return pipeline.FieldError("run", "%w", err)
	case info.IsDir():
		return pipeline.FieldError("run", "%s is a folder: name the file in it that is to be executed", path)
	case !info.Mode().IsRegular():
		return pipeline.FieldError("run", "%s is not a file", path)
	case info.Mode()&0o111 == 0:
		return pipeline.FieldError("run", "%s may not be executed: chmod +x %s", path, path)
	}
	return nil
}
