package host

import (
	"os"
	"time"
)

// version tells one state of a file from another.
type version struct {
	modified time.Time
	size     int64
	inode    any
}

func (h *Host) fileVersion() (version, bool) {
	path, err := locate(h.config.Run, h.options.Folder)
	if err != nil {
		return version{}, false
	}
	info, err := os.Stat(path)
	if err != nil {
		return version{}, false
	}
	return version{info.ModTime(), info.Size(), inode(info)}, true
}

// watch replaces the plugin when its file has changed and then stayed the same for one
// look: half of a file that is being copied is not run.
func (h *Host) watch(running version) {
	last := running
	tick := time.NewTicker(h.pace.look)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-h.closing.Done():
			return
		}
		now, ok := h.fileVersion()
		if ok && now == last && now != running {
			running = now // also when it does not start: it is tried again when it changes
			h.replace()
		}
		last = now
	}
}

// replace starts what is in the file now. Once that has taken its settings it gets the
// events, and the process before it ends when it has answered what it has.
func (h *Host) replace() {
	c, err := h.connect(h.closing)
	if err != nil {
		if h.closing.Err() == nil {
			h.options.Count("replacements_failed")
			h.log.Error("the plugin's file has changed, but what it holds now cannot be used: the one before goes on", "error", err)
		}
		return
	}
	select {
	case h.fresh <- c:
		h.options.Count("replacements")
		h.log.Info("the plugin was replaced", "pid", c.process.pid, "about", c.about)
	case <-h.closing.Done():
		c.leave()
	}
}
