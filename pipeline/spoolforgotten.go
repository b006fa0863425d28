package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/leat-io/leat/internal/spool"
)

// forgottenSpools names spools at the default place in which events may wait that no
// source of the pipeline reads, as when a flow was renamed or a source has lost its
// spool setting. One that another process uses is not forgotten.
func (p *Pipeline) forgottenSpools() (paths []string) {
	entries, _ := os.ReadDir(spoolFolder)
	for _, e := range entries {
		path := filepath.Join(spoolFolder, e.Name())
		used := slices.ContainsFunc(p.spools, func(s *spooled) bool { return samePath(s.config.Path, path) })
		if e.IsDir() && !used && spool.Waits(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (p *Pipeline) warnOfForgottenSpools(context.Context) error {
	for _, path := range p.forgottenSpools() {
		p.log.Warn("events of an earlier run may wait in a spool that no source uses",
			"spool", path, "hint", fmt.Sprintf("give the source whose events they are spool: {path: %s}, or move the folder away", path))
	}
	return nil
}
