package redis

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a store and its server.
type proxy struct {
	address string
	cuts    atomic.Int32 // how many answers are still to be lost, with their connections

	mu     sync.Mutex
	target string
	open   []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{address: l.Addr().String(), target: target}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.join(in)
		}
	}()
	return p
}

func (p *proxy) url() string { return "redis://" + p.address }

func (p *proxy) join(in net.Conn) {
	defer in.Close()
	p.mu.Lock()
	out, err := net.Dial("tcp", p.target)
	if err == nil {
		p.open = append(p.open, in, out)
	}
	p.mu.Unlock()
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	answer := make([]byte, 64<<10)
	for {
		n, err := out.Read(answer)
		if err != nil || p.cuts.Load() > 0 && p.cuts.Add(-1) >= 0 {
			return
		}
		if _, err := in.Write(answer[:n]); err != nil {
			return
		}
	}
}

// failOver has another server stand behind the same address.
func (p *proxy) failOver(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	for _, c := range p.open {
		_ = c.Close()
	}
	p.open = nil
}
