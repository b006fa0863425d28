package setup_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/leat-io/leat/internal/conf"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/setup"
)

// made returns a step that notes that it was applied.
func made(log *[]string, what string, err error) setup.Step {
	return setup.Step{Action: setup.Create, What: what, Apply: func(context.Context) (string, error) {
		*log = append(*log, what)
		return "", err
	}}
}

func TestAStepThatFailsKeepsOthersFromNothing(t *testing.T) {
	var log []string
	p := &setup.Plan{}
	p.Keep("a queue", "")
	p.Add(made(&log, "one", errors.New("no")))
	p.Add(made(&log, "two", nil))
	var out strings.Builder
	if failed, left := p.Apply(t.Context(), &out); failed != 1 || left != 0 {
		t.Errorf("%d failed, %d left", failed, left)
	}
	if want := "  create   one … failed: no\n  create   two … done\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestWhatIsNeededKeepsTheRestFromBeingTried(t *testing.T) {
	var log []string
	needed := made(&log, "one", errors.New("no"))
	needed.Needed = true
	p := &setup.Plan{Steps: []setup.Step{needed, made(&log, "two", nil), made(&log, "three", nil)}}
	if failed, left := p.Apply(t.Context(), &strings.Builder{}); failed != 1 || left != 2 || len(log) != 1 {
		t.Errorf("%d failed, %d left, applied %v", failed, left, log)
	}
}

func TestApplyingStopsBetweenSteps(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var log []string
	p := &setup.Plan{}
	p.Add(setup.Step{Action: setup.Change, What: "one", Apply: func(context.Context) (string, error) {
		cancel()
		return "", nil
	}})
	p.Add(made(&log, "two", nil))
	if failed, left := p.Apply(ctx, &strings.Builder{}); failed != 0 || left != 1 || log != nil {
		t.Errorf("%d failed, %d left, applied %v", failed, left, log)
	}
}

func TestWhatAVendorSaysDoesNotSteerATerminal(t *testing.T) {
	p := &setup.Plan{}
	p.Trouble("a queue", errors.New("no \x1b[31m\nreally"))
	p.ByHand("write", func() string { return "Dear \x1b all,\n\nbye\n" })
	var out strings.Builder
	p.Print(&out)
	p.PrintByHand(&out)
	want := "  trouble  a queue: no  [31m really\n  by hand  write\n\nBy hand: write\n\n    Dear   all,\n\n    bye\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}

type config struct {
	Who string `yaml:"who,required"`
}

func TestSettingsAreReadStrictly(t *testing.T) {
	def := setup.Define("acme", config{}, func(_ context.Context, c config, _ *setup.Env) (*setup.Plan, error) {
		return nil, pipeline.FieldError("who", "%q is nobody", c.Who)
	})
	for text, want := range map[string]string{
		"whom: x\n": `f.yaml:1:1: unknown setting "whom"; did you mean "who"?`,
		"who: x\n":  `f.yaml:1:6: who: "x" is nobody`,
	} {
		n, p := conf.Parse([]conf.Source{{Name: "f.yaml", Data: []byte(text)}}, nil, os.ReadFile)
		_, err := def.Plan(t.Context(), n, &setup.Env{}, p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
