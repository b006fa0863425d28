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

// Look has the host look whether the plugin's file has changed, also if that is not
// watched. A new one takes the place of the old as it does with [Config.Watch].
func (h *Host) Look() {
	select {
	case h.looks <- struct{}{}:
	default: // it is about to
	}
}

// watch replaces the plugin when its file has changed and then stayed the same for one
// look: half of a file that is being copied is not run. It looks all the time, or
// when it is asked to until the file is at rest.
func (h *Host) watch(running version) {
	last, looking := running, h.config.Watch
	tick := time.NewTicker(h.pace.look)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-h.looks:
			last, _ = h.fileVersion()
			looking = true
			continue
		case <-h.closing.Done():
			return
		}
		if !looking {
			continue
		}
		now, ok := h.fileVersion()
		if ok && now == last {
			if now != running {
				running = now // also when it does not start: it is tried again when it changes
				h.replace()
			}
			looking = h.config.Watch
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
