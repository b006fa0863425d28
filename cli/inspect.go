package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/internal/redact"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// inspection is leat inspect.
type inspection struct {
	as       string
	settings []string
	catalog  pipeline.Catalog
	t        terminal

	payload []byte
	hide    *redact.Redactor // of fields that are secret
	lines   []byte           // of the events so far
	events  int              // so far
	bad     []string         // why events cannot be handled
}

func inspectCommand(catalog pipeline.Catalog, t terminal) *cobra.Command {
	in := &inspection{catalog: catalog, t: t}
	flow := &flowInspection{catalog: catalog, t: t}
	c := &cobra.Command{
		Use:   "inspect [FILE|-]...",
		Short: "Show what a flow, or a preset, makes of a payload",
		Long: `Sends the payloads in FILE (- is standard input; without any, the samples of the
flow) through a flow of pipeline.yaml and shows, stage by stage, what happens to
each event: what changes, what is split, held, dropped or rejected and why, and
which sinks would get it. The flow runs as it would in earnest, but nothing is
sent, stored or remembered, and time is the flow's own: a window of two hours
passes at once. Payloads come one after another, each as one message of the first
source; of a .jsonl file each line does. Signatures are not verified. Variables
and settings of the tests beside the file hold here too.

With --as it reads one payload of a vendor by the preset of its name instead, no
pipeline.yaml needed, and prints each event in it as a line of JSON: vendor, type,
id, key, time (UTC), index in the payload, and body. A payload has no identity of
a transport here, such as the message id of a queue; where the preset takes that
for the id, a hash of the bytes serves.

Exit code 1, with the reason, when --as cannot read the payload (nothing is
printed on standard output then) or a file cannot be used.`,
		Example: `  leat inspect order.json
  leat inspect --flow parcels first.json second.json
  leat inspect --flow parcels --lines --format json - < feed
  leat inspect --as di --set zone=UTC message.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 && in.as != "" {
				return fmt.Errorf("want one FILE with --as, got %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: anyFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("as") {
				return flow.checked(len(in.settings) > 0, args, cmd.InOrStdin())
			}
			if flag := flow.given(); flag != "" {
				return usageError(flag + " goes with a flow, and --as with none: leave out one of them")
			}
			return in.run(cmd.Context(), append(args, "-")[0], cmd.InOrStdin())
		},
	}
	flow.flags(c)
	c.Flags().StringVar(&in.as, "as", "", "read one payload by a `PRESET`: "+strings.Join(in.presets(), ", "))
	completeFlag(c, "as", in.presets()...)
	c.Flags().StringArrayVar(&in.settings, "set", nil, "with --as, a parameter of the preset, as `NAME=VALUE`; may be given several times")
	return c
}

func (in *inspection) presets() (names []string) {
	for _, d := range in.catalog.Presets {
		names = append(names, d.Name)
	}
	return names
}

// maxInspected is how large a payload may be.
const maxInspected = 64 << 20

func (in *inspection) run(ctx context.Context, file string, stdin io.Reader) error {
	text, err := in.flow()
	if err != nil {
		return err
	}
	if in.payload, err = readPayload(file, stdin, in.t.err); err != nil {
		return err
	}
	in.catalog.Sources = append(in.catalog.Sources[:len(in.catalog.Sources):len(in.catalog.Sources)], in.source())
	in.catalog.Sinks = append(in.catalog.Sinks[:len(in.catalog.Sinks):len(in.catalog.Sinks)], in.printer(), in.complaints())
	p, report := pipeline.LoadText("inspect", text, pipeline.Options{Catalog: in.catalog, Offline: true, DefaultState: "memory"})
	if err := report.Err(); err != nil {
		return err
	}
	in.hide = redact.New(p.Secrets()...)
	if err := p.Run(ctx); err != nil {
		return err
	}
	return in.tell()
}

// tell prints what was found, if all of it could be read.
func (in *inspection) tell() error {
	if len(in.bad) > 0 {
		return errors.New(strings.Join(in.bad, "\n"))
	}
	if in.events == 0 {
		fmt.Fprintln(in.t.err, "leat: the payload can be read and holds no event")
	}
	_, err := in.t.out.Write(in.lines)
	return err
}

func readPayload(file string, stdin io.Reader, said io.Writer) ([]byte, error) {
	if f, ok := stdin.(*os.File); file == "-" && ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintln(said, "type or paste a payload, and end it with Ctrl-D on a line of its own")
	}
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fileError(file, err)
		}
		defer f.Close()
		stdin = f
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxInspected+1))
	err = fileError(file, err)
	if err == nil && len(data) > maxInspected {
		err = fmt.Errorf("the payload is larger than %s", conf.Size(maxInspected))
	}
	return data, err
}

// flow is the pipeline.yaml of a flow that reads the payload.
func (in *inspection) flow() (string, error) {
	if names := in.presets(); !contains(names, in.as) {
		if near := conf.Nearest(in.as, names); near != "" {
			return "", usageError(fmt.Sprintf("--as %s: there is no such preset; did you mean %q?", in.as, near))
		}
		return "", usageError(fmt.Sprintf("--as %s: there is no such preset; want one of %s", in.as, strings.Join(names, ", ")))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "version: 1\nflows:\n  %s:\n    from:\n      %s:\n        source: {payload: {}}\n", in.as, in.as)
	for _, s := range in.settings {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" || strings.ContainsAny(s, "\n\r") {
			return "", usageError(fmt.Sprintf("--set %q: want name=value", s))
		}
		fmt.Fprintf(&out, "        %s: %s\n", quoted(name), settingText(value))
	}
	out.WriteString("    to: lines\n    on_error: {dead_letter: complaints}\nsinks: {lines: {lines: {}}, complaints: {complaints: {}}}\n")
	return out.String(), nil
}

// settingText keeps lists and maps, and quotes everything else.
func settingText(value string) string {
	if strings.HasPrefix(value, "[") || strings.HasPrefix(value, "{") {
		return value
	}
	return quoted(value)
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// source gives the payload, which goes by its bytes.
func (in *inspection) source() pipeline.SourceDef {
	return pipeline.DefineSource("payload", struct{}{}, func(struct{}, *pipeline.Env) (*pipeline.Source, error) {
		return &pipeline.Source{Subscriber: onePayload(in.payload), Finite: true, Hold: pipeline.Forever}, nil
	})
}

type onePayload []byte

func (p onePayload) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, 1)
	hash := sha256.Sum256(p)
	out <- pipeline.NewBatch(ctx, []*pipeline.Event{pipeline.NewEvent(hex.EncodeToString(hash[:16]), p)})
	close(out)
	return out, nil
}

func (onePayload) Close() error { return nil }
