package main

import (
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// arrival is an event as the receiver saw it.
type arrival struct {
	id, key   string
	at        time.Time // when it happened
	when      time.Time // when it arrived
	order     int64     // X-Leat-Order-Seq, 0 without one
	late      bool
	unordered bool
	forced    bool
	gap       bool
	overlaps  bool // another event of its key was under way
	unsaid    bool // it was recorded, but its sender was told that it was not
}

// recorder is the receiver behind the replicas: a server that notes in which order
// events arrive.
type recorder struct {
	trouble sinkTrouble
	server  *http.Server
	url     string

	mu       sync.Mutex
	arrivals []arrival
	open     map[string]int // requests under way, by key
	byWhom   map[string]int // requests under way, by replica
	most     int            // the most of one replica
	refused  int
}

func newRecorder(trouble sinkTrouble) (*recorder, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &recorder{trouble: trouble, url: "http://" + l.Addr().String(), open: map[string]int{}, byWhom: map[string]int{}}
	r.server = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { _ = r.server.Serve(l) }()
	return r, nil
}

func (r *recorder) close() { _ = r.server.Close() }

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	roll := rand.IntN(100)
	key, whom := q.Header.Get("X-Leat-Key"), q.Header.Get(replicaHeader)
	n, refuse := r.begin(q, key, whom, roll)
	defer r.end(key, whom)
	if r.trouble.slow > 0 {
		time.Sleep(rand.N(r.trouble.slow)) // this is how slow it is
	}
	switch {
	case refuse:
		w.WriteHeader(http.StatusServiceUnavailable)
	case roll < r.trouble.refuses+r.trouble.forgetsToSay:
		r.unsaid(n)
		w.WriteHeader(http.StatusInternalServerError)
	case roll < r.trouble.refuses+r.trouble.forgetsToSay+r.trouble.recordsAndCut:
		r.unsaid(n)
		panic(http.ErrAbortHandler)
	}
}

// begin notes an arrival, unless it is refused, and returns its number.
func (r *recorder) begin(q *http.Request, key, whom string, roll int) (n int, refuse bool) {
	a := read(q.Header)
	r.mu.Lock()
	defer r.mu.Unlock()
	a.overlaps = r.open[key] > 0
	r.open[key]++
	r.byWhom[whom]++
	r.most = max(r.most, r.byWhom[whom])
	if roll < r.trouble.refuses {
		r.refused++
		return 0, true
	}
	r.arrivals = append(r.arrivals, a)
	return len(r.arrivals) - 1, false
}

func (r *recorder) end(key, whom string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[key]--
	r.byWhom[whom]--
}

func (r *recorder) unsaid(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.arrivals[n].unsaid = true
}

func read(h http.Header) arrival {
	at, _ := time.Parse(time.RFC3339, h.Get("X-Leat-Time"))
	order, _ := strconv.ParseInt(h.Get("X-Leat-Order-Seq"), 10, 64)
	return arrival{
		id: h.Get("X-Leat-Id"), key: h.Get("X-Leat-Key"), at: at, when: time.Now(), order: order,
		late: h.Get("X-Leat-Late") != "", unordered: h.Get("X-Leat-Unordered") != "",
		forced: h.Get("X-Leat-Forced") != "", gap: h.Get("X-Leat-Gap") != "",
	}
}
