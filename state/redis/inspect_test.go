package redis

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/pipeline"
)

// fakeServer answers INFO, and +OK or an error to everything else.
func fakeServer(t *testing.T, info string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerInfo(c, info)
		}
	}()
	return "redis://" + l.Addr().String()
}

func answerInfo(c net.Conn, info string) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		words, err := readCommand(r)
		if err != nil {
			return
		}
		switch strings.ToLower(words[0]) {
		case "info":
			fmt.Fprintf(c, "$%d\r\n%s\r\n", len(info), info)
		case "hello":
			_, _ = io.WriteString(c, "-ERR unknown command\r\n")
		default:
			_, _ = io.WriteString(c, "+OK\r\n")
		}
	}
}

func readCommand(r *bufio.Reader) (words []string, err error) {
	n, err := readLength(r)
	for ; err == nil && n > 0; n-- {
		var size int
		if size, err = readLength(r); err != nil {
			break
		}
		word := make([]byte, size+2)
		_, err = io.ReadFull(r, word)
		words = append(words, string(word[:size]))
	}
	return words, err
}

func readLength(r *bufio.Reader) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

func openLogged(t *testing.T, url string) (said string, err error) {
	t.Helper()
	var log bytes.Buffer
	s, err := newStore(settings(url, "test:"+t.Name()), pipeline.System, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	err = s.open(t.Context())
	if cerr := s.close(); err == nil && cerr != nil {
		t.Error(cerr)
	}
	return log.String(), err
}

func TestAnOlderRedisIsRefused(t *testing.T) {
	_, err := openLogged(t, fakeServer(t, "# Server\r\nredis_version:6.2.7\r\n"))
	if err == nil || !strings.Contains(err.Error(), "Redis 6.2.7") || !strings.Contains(err.Error(), "7.0") {
		t.Errorf("%v", err)
	}
}

func TestARedisThatEvictsIsWarnedAbout(t *testing.T) {
	for policy, warned := range map[string]bool{"noeviction": false, "allkeys-lru": true} {
		server := testservers.StartRedis(t, "--maxmemory-policy", policy)
		said, err := openLogged(t, server.URL())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said, "maxmemory_policy="+policy); got != warned {
			t.Errorf("%s: said %q", policy, said)
		}
	}
}

func TestWhatANewerLeatHasWrittenIsRefused(t *testing.T) {
	url := testservers.RedisURL(t)
	c := settings(url, "test:"+t.Name())
	client, err := redisapi.Open(c.Settings)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for found, refused := range map[string]bool{"1": false, "2": true, "a word": true} {
		if err := client.Set(t.Context(), c.Prefix+":format", found, 0).Err(); err != nil {
			t.Fatal(err)
		}
		_, err := openLogged(t, url)
		if got := err != nil && strings.Contains(err.Error(), "knows formats up to 1: use the newer leat that wrote it, or another prefix"); got != refused {
			t.Errorf("format %s: %v", found, err)
		}
		if left, err := client.Get(t.Context(), c.Prefix+":format").Result(); left != found {
			t.Errorf("format %s was changed to %q, %v", found, left, err)
		}
	}
}
