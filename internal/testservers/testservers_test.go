package testservers

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// askedToHold is set for the copy of this program that starts a server and is
// then killed.
const askedToHold = "LEAT_TESTSERVERS_HOLD"

func TestMain(m *testing.M) { os.Exit(Main(m)) }

var all = map[string]func(testing.TB) string{"fauxqs": Fauxqs, "elasticmq": ElasticMQ}

func TestServersAnswer(t *testing.T) {
	for name, start := range all {
		t.Run(name, func(t *testing.T) {
			where := start(t)
			answer, err := createQueue[name](where)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode != 200 || !strings.Contains(string(body), "QueueUrl") {
				t.Errorf("%d %s", answer.StatusCode, body)
			}
			if again := start(t); again != where {
				t.Errorf("another server at %s", again)
			}
		})
	}
}

var createQueue = map[string]func(where string) (*http.Response, error){
	"elasticmq": func(where string) (*http.Response, error) {
		return http.PostForm(where, url.Values{"Action": {"CreateQueue"}, "QueueName": {"a"}})
	},
	"fauxqs": func(where string) (*http.Response, error) {
		q, err := http.NewRequest(http.MethodPost, where, strings.NewReader(`{"QueueName": "a"}`))
		if err != nil {
			return nil, err
		}
		q.Header.Set("Content-Type", "application/x-amz-json-1.0")
		q.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue")
		return http.DefaultClient.Do(q)
	},
}

func TestServersListenOnLoopbackOnly(t *testing.T) {
	other := otherAddress(t)
	for name, start := range all {
		t.Run(name, func(t *testing.T) {
			_, port, _ := net.SplitHostPort(strings.TrimPrefix(start(t), "http://"))
			c, err := net.DialTimeout("tcp", net.JoinHostPort(other, port), time.Second)
			if err == nil {
				_ = c.Close()
				t.Errorf("%s:%s answers", other, port)
			}
		})
	}
}

// otherAddress is an address of this machine that is none of the loopback's.
func otherAddress(t *testing.T) string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	t.Skip("SKIPPED, NOT TESTED: this machine has no address but the loopback's")
	return ""
}

func TestServersEndWithAProcessThatIsKilled(t *testing.T) {
	for name, start := range all {
		t.Run(name, func(t *testing.T) {
			if os.Getenv(askedToHold) != "" {
				os.Stdout.WriteString("URL " + start(t) + "\n")
				select {} // until killed
			}
			if _, err := map[string]func() (plan, error){"fauxqs": findFauxqs, "elasticmq": findElasticMQ}[name](); err != nil {
				skip(t, err)
			}
			url, holder := holdServer(t, t.Name())
			if !answers(url) {
				t.Fatal("the server does not answer before")
			}
			_ = holder.Process.Kill()
			_ = holder.Wait()
			for deadline := time.Now().Add(10 * time.Second); answers(url); {
				if time.Now().After(deadline) {
					t.Fatal("the server is still there")
				}
			}
		})
	}
}

// holdServer runs one test of this program in a process of its own.
func holdServer(t *testing.T, name string) (url string, holder *exec.Cmd) {
	holder = exec.Command(os.Args[0], "-test.run", "^"+strings.ReplaceAll(name, "/", "$/^")+"$")
	holder.Env = append(os.Environ(), askedToHold+"=1", "TMPDIR="+t.TempDir())
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, found := strings.CutPrefix(lines.Text(), "URL "); found {
			return url, holder
		}
	}
	t.Fatal("no server was started")
	return "", nil
}

func answers(url string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return true
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	t.Setenv("LEAT_FAUXQS", t.TempDir())
	t.Setenv("LEAT_ELASTICMQ", t.TempDir()+"/no.jar")
	for name, find := range map[string]func() (plan, error){"fauxqs": findFauxqs, "elasticmq": findElasticMQ} {
		if _, err := find(); err == nil || !strings.Contains(err.Error(), "make test") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
