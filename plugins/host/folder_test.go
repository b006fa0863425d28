package host

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFoldersThatAreMadeAtTheSameTimeStay(t *testing.T) {
	shortTemp(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				f, err := newFolder()
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := os.Stat(filepath.Join(f.path, lockName)); err != nil {
					t.Error(err)
				}
				f.remove()
			}
		})
	}
	all.Wait()
}

func TestASocketBehindALinkIsRefused(t *testing.T) {
	temp := shortTemp(t)
	own, other := filepath.Join(temp, "own"), filepath.Join(temp, "other")
	for _, folder := range []string{own, other} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("unix", filepath.Join(folder, "s"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
	}
	if err := os.Symlink(other, filepath.Join(own, "link")); err != nil {
		t.Fatal(err)
	}
	p := &process{folder: own}
	for name, fine := range map[string]bool{"s": true, "link/s": false, "../other/s": false} {
		if _, _, err := p.PluginToHost("unix", filepath.Join(own, name)); (err == nil) != fine {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
