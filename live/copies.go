package live

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
)

// copies are the files that a load has read, as they were then.
type copies struct {
	from func(name string) ([]byte, error)

	mu    sync.Mutex
	files map[string]content
}

// content is what a file held, or why it could not be read.
type content struct {
	data []byte
	err  error
}

func (c content) same(o content) bool {
	return bytes.Equal(c.data, o.data) && (c.err == nil) == (o.err == nil)
}

// newCopies reads with from; nil: from the disk.
func newCopies(from func(name string) ([]byte, error)) *copies {
	if from == nil {
		from = os.ReadFile
	}
	return &copies{from: from, files: map[string]content{}}
}

// read reads a file once: whoever asks again gets the same.
func (c *copies) read(name string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, known := c.files[name]
	if !known {
		got.data, got.err = c.from(name)
		c.files[name] = got
	}
	return got.data, got.err
}

// again returns the same files for another load. What they did not have is read.
func (c *copies) again() *copies {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &copies{from: c.from, files: maps.Clone(c.files)}
}

// hash is a digest of names and contents.
func (c *copies) hash() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.files)) {
		data := c.files[name].data
		fmt.Fprintf(h, "%d:%s%d:", len(name), name, len(data))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
