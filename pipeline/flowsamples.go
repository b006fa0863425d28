package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/leat-io/leat/internal/conf"
)

// SampleFiles names files with payloads.
type SampleFiles []namedFile

// UnmarshalNode implements the decoding of settings.
func (s *SampleFiles) UnmarshalNode(n *conf.Node, p *conf.Problems) {
	*s = namedFiles(n, p, "samples: want files with payloads, as in samples: [samples/*.json]")
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

// readSamples reads the payloads. What cannot be read is reported and left out: a flow runs
// without them.
func (b *fileBuilder) readSamples(files SampleFiles) (list []Sample) {
	for _, file := range files {
		found, err := b.readSample(file)
		if err != nil {
			b.problems.Warnf(file.node, "samples: %v", err)
		}
		if list = append(list, found...); len(list) > maxSamples {
			b.problems.Warnf(file.node, "samples: there are more than %d; those behind are left out", maxSamples)
			return list[:maxSamples]
		}
	}
	return list
}

// readSample reads the files of one name. Only a pattern is looked for on the disk.
func (b *fileBuilder) readSample(file namedFile) (list []Sample, err error) {
	names := []string{file.path()}
	if strings.ContainsAny(file.name, `*?[\`) {
		names, err = filepath.Glob(names[0])
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: the pattern cannot be read: brackets are not closed", file.name)
		case len(names) == 0:
			return nil, fmt.Errorf("%s: there is no such file", file.path())
		}
	}
	for _, name := range names {
		data, err := b.options.ReadFile(name)
		if err := sampleError(name, data, err); err != nil {
			return list, err
		}
		list = append(list, SplitSamples(name, data)...)
	}
	return list, nil
}

// sampleError is why what was read cannot be used.
func sampleError(name string, data []byte, err error) error {
	if err == nil && len(data) > maxSampleBytes {
		return errors.New(name + ": is larger than " + conf.Size(maxSampleBytes).String())
	}
	return readError(name, err)
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
		return b.readSamples(f.config.Samples), report
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
