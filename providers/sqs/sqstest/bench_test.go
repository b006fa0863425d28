package sqstest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/leat-io/leat/providers/sqs/sqstest"
)

// BenchmarkReceiveAndDelete is pairs of ReceiveMessage and DeleteMessageBatch of
// ten, over one connection for each processor, from a queue that is deep and has
// much in flight already. The client does the least that a client can do. An
// operation is a message.
func BenchmarkReceiveAndDelete(b *testing.B) {
	for _, size := range []int{200, 2000} {
		for _, deep := range []struct{ inFlight, extra int }{{0, 0}, {100_000, 100_000}} {
			b.Run(fmt.Sprintf("%dB/%d_in_flight", size, deep.inFlight), func(b *testing.B) {
				s := sqstest.New(b, sqstest.Options{MaxInFlight: 1 << 20})
				body := strings.Repeat("x", size)
				fill(b, s, deep.inFlight, body)
				drainWithoutDeleting(b, s, deep.inFlight)
				fill(b, s, deep.extra+b.N+100, body)
				runtime.GC() // what filling has left is not the receives' to clear
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					c := dial(b, s)
					defer c.Close()
					for done := false; !done; {
						handles := c.receive()
						c.delete(handles)
						for range handles {
							done = done || !pb.Next()
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			})
		}
	}
}

// BenchmarkServe is the same without a network: what the server itself takes for a
// message that is received and deleted.
func BenchmarkServe(b *testing.B) {
	s := sqstest.New(b, sqstest.Options{})
	fill(b, s, b.N+10, strings.Repeat("x", 2000))
	w := &memoryWriter{header: http.Header{}}
	c := &bareClient{b: b, url: s.QueueURL("q"), serve: func(action string, body []byte) []byte {
		q, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, "/", bytes.NewReader(body))
		q.Header.Set("X-Amz-Target", "AmazonSQS."+action)
		w.Reset()
		s.ServeHTTP(w, q)
		return w.Bytes()
	}}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		handles := c.receive()
		c.delete(handles)
		n += len(handles)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

type memoryWriter struct {
	bytes.Buffer
	header http.Header
}

func (w *memoryWriter) Header() http.Header { return w.header }
func (w *memoryWriter) WriteHeader(int)     {}
func (w *memoryWriter) Flush()              {}

func fill(b *testing.B, s *sqstest.Server, n int, body string) {
	b.Helper()
	if _, err := s.CreateQueue("q", map[string]string{"VisibilityTimeout": "3600"}); err != nil {
		b.Fatal(err)
	}
	batch := make([]string, 1000)
	for i := range batch {
		batch[i] = body
	}
	for ; n > 0; n -= len(batch) {
		if err := s.Send("q", batch[:min(n, len(batch))]...); err != nil {
			b.Fatal(err)
		}
	}
}

func drainWithoutDeleting(b *testing.B, s *sqstest.Server, n int) {
	c := dial(b, s)
	defer c.Close()
	for n > 0 {
		n -= len(c.receive())
	}
}

// bareClient writes and reads HTTP by itself.
type bareClient struct {
	net.Conn
	b    *testing.B
	read *bufio.Reader
	url  string
	host string
	buf  []byte
	body []byte
	// serve, if not nil, is called instead of writing to the connection.
	serve func(action string, body []byte) []byte
}

func dial(b *testing.B, s *sqstest.Server) *bareClient {
	host := strings.TrimPrefix(s.URL, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	return &bareClient{Conn: conn, b: b, read: bufio.NewReaderSize(conn, 64<<10), url: s.QueueURL("q"), host: host}
}

func (c *bareClient) call(action string, body []byte) []byte {
	if c.serve != nil {
		return c.serve(action, body)
	}
	c.buf = append(c.buf[:0], "POST / HTTP/1.1\r\nHost: "+c.host+"\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS."+action+"\r\nContent-Length: "...)
	c.buf = append(strconv.AppendInt(c.buf, int64(len(body)), 10), "\r\n\r\n"...)
	if _, err := c.Write(append(c.buf, body...)); err != nil {
		c.b.Fatal(err)
	}
	answer, err := http.ReadResponse(c.read, nil)
	if err != nil {
		c.b.Fatal(err)
	}
	c.body = append(c.body[:0], make([]byte, answer.ContentLength)...)
	if _, err := io.ReadFull(answer.Body, c.body); err != nil || answer.StatusCode != 200 {
		c.b.Fatalf("%d %s %v", answer.StatusCode, c.body, err)
	}
	return c.body
}

func (c *bareClient) receive() (handles []string) {
	got := c.call("ReceiveMessage", []byte(`{"QueueUrl":"`+c.url+`","MaxNumberOfMessages":10,"MessageSystemAttributeNames":["All"],"MessageAttributeNames":["All"]}`))
	for {
		_, rest, found := bytes.Cut(got, []byte(`"ReceiptHandle":"`))
		if !found {
			return handles
		}
		end := bytes.IndexByte(rest, '"')
		handles = append(handles, string(rest[:end]))
		got = rest[end:]
	}
}

func (c *bareClient) delete(handles []string) {
	if len(handles) == 0 {
		c.b.Fatal("the queue is empty")
	}
	body := append([]byte(nil), `{"QueueUrl":"`+c.url+`","Entries":[`...)
	for i, h := range handles {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"Id":"`+strconv.Itoa(i)+`","ReceiptHandle":"`+h+`"}`...)
	}
	c.call("DeleteMessageBatch", append(body, "]}"...))
}
