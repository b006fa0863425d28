package testservers

import (
	"net"
	"time"
)

// Away puts a server at a distance, for benchmarks: what it says and hears is half of
// it on its way. It returns the address to reach it at, until stop is called.
func Away(address string, distance time.Duration) (near string, stop func(), err error) {
	if distance == 0 {
		return address, func() {}, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go join(in, address, distance/2)
		}
	}()
	return l.Addr().String(), func() { l.Close() }, nil
}

func join(in net.Conn, host string, delay time.Duration) {
	out, err := net.Dial("tcp", host)
	if err != nil {
		in.Close()
		return
	}
	go carry(out, in, delay)
	carry(in, out, delay)
}

// chunk is bytes on their way.
type chunk struct {
	due   time.Time
	bytes []byte
}

// carry holds up what it reads without holding up what comes behind it.
func carry(to, from net.Conn, delay time.Duration) {
	way := make(chan chunk, 1024)
	go func() {
		defer close(way)
		for {
			b := make([]byte, 32<<10)
			n, err := from.Read(b)
			if n > 0 {
				way <- chunk{time.Now().Add(delay), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for c := range way {
		time.Sleep(time.Until(c.due))
		if _, err := to.Write(c.bytes); err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	for range way {
	}
}
