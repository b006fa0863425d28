//go:build unix

package testservers

import "syscall"

// Pause has the server answer nothing until Resume: connections stay open.
func (r *Redis) Pause() { r.signal(syscall.SIGSTOP) }

// Resume ends a pause.
func (r *Redis) Resume() { r.signal(syscall.SIGCONT) }

func (r *Redis) signal(s syscall.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cmd != nil {
		_ = r.cmd.Process.Signal(s)
	}
}
