// Package testservers starts servers of others for tests: fauxqs, which speaks
// the JSON protocol of SQS and SNS, elasticmq, which speaks SQS's older query
// protocol only, and Redis. They are what keeps our own doubles from agreeing with
// nobody but ourselves. It also finds what plugins in Python and Node run on, a browser, and promtool.
//
// install.sh in this folder, which make test runs, puts them into .testservers at
// the root of the repository, and installs Redis where it may. Where they are missing a test is skipped; with
// CI=true in the environment it fails instead.
//
// A server is started when the first test asks for it and serves all tests of the
// process, so that tests must not expect it to be empty. On Linux it ends with the
// process, however that ends; [Main] ends it everywhere.
package testservers

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Fauxqs returns the URL of a running fauxqs, whose SQS and SNS are at the same
// address. It takes the package's folder from LEAT_FAUXQS, else from .testservers.
func Fauxqs(t testing.TB) string {
	t.Helper()
	return fauxqs.url(t)
}

// ElasticMQ returns the URL of a running elasticmq. It takes the jar from
// LEAT_ELASTICMQ, else from .testservers.
func ElasticMQ(t testing.TB) string {
	t.Helper()
	return elasticmq.url(t)
}

// Main runs the tests of a package and stops what they started:
//
//	func TestMain(m *testing.M) { os.Exit(testservers.Main(m)) }
func Main(m *testing.M) int {
	defer Stop()
	return m.Run()
}

// Stop ends the servers that this process started. It may be called at any time,
// and the next test that asks starts them again.
func Stop() {
	fauxqs.stop()
	elasticmq.stop()
	stopSharedRedis()
}

var (
	fauxqs    = &shared{find: findFauxqs}
	elasticmq = &shared{find: findElasticMQ}
)

// shared is a server that all tests of the process use.
type shared struct {
	// find says how to start the server, or in a sentence what is missing.
	find func() (plan, error)

	mu      sync.Mutex
	running *process
}

func (s *shared) url(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return s.running.url
	}
	plan, err := s.find()
	if err != nil {
		skip(t, err)
	}
	if s.running, err = plan.start(); err != nil {
		t.Fatal(err)
	}
	return s.running.url
}

func (s *shared) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		s.running.end()
		s.running = nil
	}
}

// skip says loudly what is missing.
func skip(t testing.TB, why error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%v (and CI=true allows no test to be skipped)", why)
	}
	t.Skipf("SKIPPED, NOT TESTED: %v", why)
}

// installed returns a path under .testservers at the root of the repository,
// which is the nearest folder with a go.mod.
func installed(parts ...string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(append([]string{dir, ".testservers", "node_modules"}, parts...)...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
