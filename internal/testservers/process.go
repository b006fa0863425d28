package testservers

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// plan is how to start a server.
type plan struct {
	name    string
	ready   string // a path that is answered with 200 once the server works
	command func(port string) *exec.Cmd
}

// patience is how long a server has until it answers.
const patience = 60 * time.Second

// process is a server that runs.
type process struct {
	url    string
	cmd    *exec.Cmd
	input  io.Closer // its end is the end of a server that reads it
	folder string
}

// start starts the server on a free port. Between finding the port and listening
// on it somebody else may take it, so that it is tried more than once.
func (p plan) start() (*process, error) {
	var err error
	for range 3 {
		var s *process
		if s, err = p.startOnce(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func (p plan) startOnce() (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "leat-"+p.name+"-")
	if err != nil {
		return nil, err
	}
	s := &process{url: "http://127.0.0.1:" + port, cmd: p.command(port), folder: folder}
	if err := s.run(); err != nil {
		_ = os.RemoveAll(folder)
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	if err := s.await(p.ready); err != nil {
		err = fmt.Errorf("start %s: %w; it wrote:\n%s", p.name, err, s.log())
		s.end()
		return nil, err
	}
	return s, nil
}

func (s *process) run() error {
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.folder, log, log
	EndWithParent(s.cmd)
	if s.input, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	return s.cmd.Start()
}

// await polls until the server answers. One that has ended answers nothing; what
// it wrote is in the error.
func (s *process) await(path string) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	poll := time.NewTicker(25 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-poll.C {
		answer, err := client.Get(s.url + path)
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("it does not answer at %s after %s", s.url, patience)
}

func (s *process) log() string {
	text, _ := os.ReadFile(filepath.Join(s.folder, "log"))
	return string(text[max(0, len(text)-4000):])
}

// end kills the server, by its process, and waits until it is gone.
func (s *process) end() {
	_ = s.input.Close()
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	_ = os.RemoveAll(s.folder)
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
