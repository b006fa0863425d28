package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/sim"
	"github.com/leat-io/leat/sim/inspect"
	"github.com/spf13/cobra"
)

// flowInspection is leat inspect through a flow of pipeline.yaml.
type flowInspection struct {
	files        []string
	flow, source string
	lines        bool
	at           string
	format       string

	catalog pipeline.Catalog
	t       terminal
}

func (in *flowInspection) flags(c *cobra.Command) {
	filesFlag(c, &in.files)
	c.Flags().StringVar(&in.flow, "flow", "", "the `FLOW`; not needed where the file has one")
	completeFlow(c, "flow")
	c.Flags().StringVar(&in.source, "source", "", "the `SOURCE` that gives the payloads, if not the first")
	completeSource(c, "source", in.catalog)
	c.Flags().BoolVar(&in.lines, "lines", false, "each line of FILE is a payload")
	c.Flags().StringVar(&in.at, "at", "", "the `TIME` at which they come, as 2026-03-14T12:00:00Z; now if not given")
	c.Flags().StringVar(&in.format, "format", formatText, "`FORMAT` of what is shown: text or json")
	completeFlag(c, "format", formatText, formatJSON)
}

// checked runs when it is not asked for something that only presets have.
func (in *flowInspection) checked(settings bool, args []string, stdin io.Reader) error {
	if settings {
		return usageError("--set goes with --as PRESET; settings of a flow stand in its file")
	}
	return in.run(args, stdin)
}

// given reports a flag that is only for flows.
func (in *flowInspection) given() string {
	switch {
	case len(in.files) > 0:
		return "-f"
	case in.flow != "":
		return "--flow"
	case in.source != "":
		return "--source"
	case in.lines:
		return "--lines"
	case in.at != "":
		return "--at"
	case in.format != formatText:
		return "--format"
	}
	return ""
}

func (in *flowInspection) run(payloads []string, stdin io.Reader) error {
	if in.format != formatText && in.format != formatJSON {
		return usageError(fmt.Sprintf("--format %s: want text or json", in.format))
	}
	at, err := in.start()
	if err != nil {
		return err
	}
	if _, err := os.Stat(standardFile); len(in.files) == 0 && errors.Is(err, fs.ErrNotExist) {
		return usageError("what reads the payload? --as PRESET does, or a flow: there is no " + standardFile + " in this folder, -f FILE names another")
	}
	first, overlays, err := filesOf(in.files, nil)
	if err != nil {
		return err
	}
	o := inspect.Options{
		Flow: in.flow, Source: in.source, At: at, Pipeline: pipeline.Options{Catalog: in.catalog, Overlays: overlays},
		Load: func(o pipeline.Options) (*pipeline.Pipeline, *pipeline.Report) {
			return pipeline.LoadWithReport(first, o)
		},
	}
	if _, err := withTests(first, &o.Pipeline); err != nil {
		return err
	}
	if o.Payloads, err = in.payloads(payloads, stdin); err == nil && len(payloads) == 0 {
		o.Payloads, err = in.samples(first, o.Pipeline)
	}
	if err != nil {
		return err
	}
	still := sim.NewStillness()
	defer still.Close()
	report, err := inspect.Run(o, still)
	if err != nil {
		return err
	}
	return in.print(report)
}

func (in *flowInspection) start() (time.Time, error) {
	if in.at == "" {
		return time.Now().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, in.at)
	if err != nil {
		return at, usageError(fmt.Sprintf("--at %s: want a time such as 2026-03-14T12:00:00Z", in.at))
	}
	return at, nil
}

func (in *flowInspection) print(r *inspect.Report) error {
	if in.format == formatText {
		newFlowScreen(in.t, r).report()
		return nil
	}
	e := json.NewEncoder(in.t.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// maxPayloads is how many payloads can be looked at together.
const maxPayloads = 1000

// payloads reads files. Of those with lines, each is a payload of its own.
func (in *flowInspection) payloads(files []string, stdin io.Reader) (list []inspect.Payload, err error) {
	seen := map[string]int{}
	for _, file := range files {
		data, err := readPayload(file, stdin, in.t.err)
		if err != nil {
			return nil, err
		}
		name := file
		if file == "-" {
			name = "stdin"
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		if list = append(list, in.split(name, data)...); len(list) > maxPayloads {
			return nil, fmt.Errorf("%s: these are more than %s payloads: look at a part of them", file, grouped(maxPayloads))
		}
	}
	if len(files) > 0 && len(list) == 0 {
		return nil, errors.New("the input has no payload: it is empty")
	}
	return list, nil
}

func (in *flowInspection) split(name string, data []byte) []inspect.Payload {
	if in.lines {
		return named(pipeline.SampleLines(name, data))
	}
	return named(pipeline.SplitSamples(name, data))
}

func named(samples []pipeline.Sample) (list []inspect.Payload) {
	for _, s := range samples {
		list = append(list, inspect.Payload{Name: s.Name, Data: s.Data})
	}
	return list
}

// samples are those of the flow.
func (in *flowInspection) samples(file string, o pipeline.Options) (list []inspect.Payload, err error) {
	flow := in.flow
	if flow == "" {
		names := pipeline.SourceFlowNames(append([]string{file}, o.Overlays...)...)
		if len(names) != 1 {
			return nil, usageError("name a FILE with a payload, or the flow whose samples to take, with --flow: " + strings.Join(names, ", "))
		}
		flow = names[0]
	}
	o.Offline = true
	samples, report := pipeline.SamplesOf(file, flow, o)
	if err := report.Err(); err != nil {
		return nil, err
	}
	if list = named(samples); len(list) == 0 {
		return nil, usageError(fmt.Sprintf("flow %s has no samples: name a FILE with a payload, - for standard input, or write samples: [FILE] into the flow", flow))
	}
	return list, nil
}
