package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// SampleFiles names files with payloads.
type SampleFiles []sampleFile

type sampleFile struct {
	pattern string
	node    *conf.Node
}

// UnmarshalNode implements the decoding of settings.
func (s *SampleFiles) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	items := []*conf.Node{n}
	if n.Kind == conf.List {
		items = n.Items
	}
	for _, item := range items {
		if item.Kind != conf.Scalar || item.Value == "" {
			p.Errorf(item, "samples: want files with payloads, as in samples: [samples/*.json]")
			continue
		}
		*s = append(*s, sampleFile{item.Value, item})
	}
}

// Shape says what they are read from.
func (SampleFiles) Shape() conf.Shape {
	one := conf.Shape{Word: "file or pattern"}
	return conf.Shape{Form: conf.FormEither, Word: "file, pattern or list", Either: []conf.Shape{one, conf.ListOf(one)}}
}

// Bounds of the samples of a flow.
const (
	maxSamples     = 1000
	maxSampleBytes = 16 << 20
)

// read reads the payloads. What cannot be read is reported and left out: a flow runs
// without them. The folder of a file is that of the pipeline.yaml that names it.
func (s SampleFiles) read(p *conf.Problems) (list []Sample) {
	for _, file := range s {
		found, err := file.read()
		if err != nil {
			p.Warnf(file.node, "samples: %v", err)
		}
		if list = append(list, found...); len(list) > maxSamples {
			p.Warnf(file.node, "samples: there are more than %d; those behind are left out", maxSamples)
			return list[:maxSamples]
		}
	}
	return list
}

func (s sampleFile) read() (list []Sample, err error) {
	pattern := s.pattern
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(filepath.Dir(s.node.File), pattern)
	}
	names, err := filepath.Glob(pattern)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: the pattern cannot be read: brackets are not closed", s.pattern)
	case len(names) == 0:
		return nil, fmt.Errorf("%s: there is no such file", pattern)
	}
	for _, name := range names {
		data, err := readSample(name)
		if err != nil {
			return list, err
		}
		list = append(list, SplitSamples(name, data)...)
	}
	return list, nil
}

func readSample(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, readError(name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSampleBytes+1))
	if err == nil && len(data) > maxSampleBytes {
		err = errors.New(name + ": is larger than " + conf.Size(maxSampleBytes).String())
	}
	return data, readError(name, err)
}

// SplitSamples makes samples of a file: of one with lines of JSON, by its name, each line
// that is not empty, else the file as it is.
func SplitSamples(name string, data []byte) []Sample {
	if !strings.HasSuffix(name, ".jsonl") && !strings.HasSuffix(name, ".ndjson") {
		return []Sample{{Name: name, Data: data}}
	}
	return SampleLines(name, data)
}

// SampleLines makes a sample of each line that is not empty.
func SampleLines(name string, data []byte) (list []Sample) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			list = append(list, Sample{Name: fmt.Sprintf("%s:%d", name, n), Data: line})
		}
	}
	return list
}

// SamplesOf reads a pipeline.yaml as [Load] does and returns the samples of a flow: its own,
// or without any those of the presets that it takes its events from.
func SamplesOf(path, name string, o Options) (all []Sample, _ *Report) {
	b, report := loadBuilder(path, o)
	if report.Err() != nil {
		return nil, report
	}
	f := b.p.flow(name)
	if f == nil {
		suggest(b.problems.Errorf(nil, "there is no flow %q", name), name, namesOf(b.p.flows, func(f *flow) string { return f.name }))
		return nil, report
	}
	if len(f.config.Samples) > 0 {
		return f.config.Samples.read(b.problems), report
	}
	for _, s := range f.sources {
		if s.preset == nil {
			continue
		}
		samples, err := s.preset.def.samples(s.preset.file.Samples)
		if err != nil {
			b.problems.Errorf(s.node, "%v", err)
		}
		all = append(all, samples...)
	}
	return all, report
}
