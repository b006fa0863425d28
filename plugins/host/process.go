package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is a plugin's process and those it starts itself. It implements go-plugin's
// runner.Runner.
type process struct {
	cmd    *exec.Cmd
	folder string // in which its socket has to lie
	limits limits
	output *output

	lifeline *os.File // its end is the plugin's standard input: when it closes, the plugin ends
	hello    *io.PipeReader

	mu     sync.Mutex
	reaped bool
	pid    int
	why    error         // it was killed, and why
	done   chan struct{} // it has ended, and what it wrote is in output
	ended  error         // as what
}

// limits are those the system is asked for.
type limits struct {
	memory int64 // bytes, 0: none
	cpus   int   // 0: all
}

func newProcess(cmd *exec.Cmd, l limits, o *output) *process {
	return &process{cmd: cmd, limits: l, output: o, done: make(chan struct{})}
}

// Start implements runner.Runner.
func (p *process) Start(context.Context) error {
	stdin, lifeline, err := os.Pipe()
	if err != nil {
		return err
	}
	stdout, toStdout, err := os.Pipe()
	if err != nil {
		return errors.Join(err, closeAll(stdin, lifeline))
	}
	stderr, toStderr, err := os.Pipe()
	if err != nil {
		return errors.Join(err, closeAll(stdin, lifeline, stdout, toStdout))
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, toStdout, toStderr
	err = p.launch()
	_ = closeAll(stdin, toStdout, toStderr)
	if err != nil {
		return errors.Join(err, closeAll(lifeline, stdout, stderr))
	}
	p.lifeline = lifeline
	p.begun(p.cmd.Process.Pid)
	p.read(stdout, stderr)
	return nil
}

// begun notes the number of the process, and ends one that was killed before it had one.
func (p *process) begun(pid int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pid = pid
	if p.why != nil {
		killGroup(pid)
	}
}

func (p *process) started() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid != 0
}

// launch starts the process. A file that was just written can be busy for a moment:
// another process that is being started may still have it open.
func (p *process) launch() error {
	var err error
	for range 50 {
		if err = startGroup(p.cmd, p.limits); !errors.Is(err, syscall.ETXTBSY) {
			return err
		}
		again := *p.cmd
		p.cmd = &exec.Cmd{Path: again.Path, Args: again.Args, Env: again.Env, Stdin: again.Stdin, Stdout: again.Stdout, Stderr: again.Stderr}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// read takes what the process writes until it has ended, and a moment longer: a process
// that it started may hold the pipes open for ever.
func (p *process) read(stdout, stderr *os.File) {
	hello, says := io.Pipe()
	p.hello = hello
	var reading sync.WaitGroup
	reading.Go(func() { firstLine(stdout, says, p.output) })
	reading.Go(func() { p.output.read(stderr) })
	finished := make(chan struct{})
	go func() { reading.Wait(); close(finished) }()
	go func() {
		p.reap()
		select {
		case <-finished:
		case <-time.After(500 * time.Millisecond):
		}
		_ = closeAll(stdout, stderr, p.lifeline)
		<-finished
		close(p.done)
	}()
}

// reap waits for the end of the process and ends those that it started. Its number, and
// that of its group, are nobody else's as long as it is not waited for.
func (p *process) reap() {
	if !awaitExit(p.pid) {
		err := p.cmd.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.note(err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	killGroup(p.pid)
	p.note(p.cmd.Wait())
}

// note keeps how the process ended. One that ended by itself was not killed, even when
// that was tried.
func (p *process) note(ended error) {
	p.ended, p.reaped = ended, true
	if state := p.cmd.ProcessState; state != nil && state.Exited() {
		p.why = nil
	}
}

// kill ends the process and those that it started, at once. The first reason counts.
func (p *process) kill(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return
	}
	if p.why == nil {
		p.why = why
	}
	if p.pid != 0 {
		killGroup(p.pid)
	}
}

// await waits for the end, but not for longer than d, and reports whether it has come.
func (p *process) await(d time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(d):
		return false
	}
}

// release lets the process end by itself: its standard input ends.
func (p *process) release() { _ = p.lifeline.Close() }

// reason says how it ended; it has.
func (p *process) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.why != nil:
		return p.why
	case p.ended != nil:
		return fmt.Errorf("it ended: %w", p.ended)
	}
	return errEndedWell
}

var errEndedWell = errors.New("it ended by itself, with exit code 0")

func closeAll(files ...*os.File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
