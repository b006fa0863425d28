package pipeline_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages"
)

const concealing = `
version: 1
flows:
  f:
    from: feed
    stages: [%s]
    to: {flow: g}
    on_error: {redact: [password], dead_letter: dead}
  g:
    from: {link: {}}
    stages: [quote]
    to: out
    on_error: {dead_letter: dead}
sinks: {out: record, dead: record}
`

// quote fails with all that it was given.
var quote = stageOf("quote", pipeline.Map(func(_ context.Context, e *pipeline.Event) error {
	raw, err := e.Bytes()
	if err != nil {
		return err
	}
	return pipeline.Reject(fmt.Errorf("refused: %s", raw))
}))

func TestNeitherDeadLettersNorTheLogShowSecrets(t *testing.T) {
	const secret = "hunter2 of the gate"
	for payload, stage := range map[string]string{
		`{ "a": 1, "Password": "` + secret + `" }`:              "",
		`{"b": ["{\"PASSWORD\": \"` + secret + `\"}"]}`:         "",
		`{"n": "` + secret + `", "password": "` + secret + `"}`: "",
		`password=` + secret:                                    "",
		`{"b": "{\"password\": \"` + secret + `"}`:              "",
		`{"c": 1, "password": "` + secret + `"}`:                "mangle",
		`{"d": 1, "password": {"x": ["` + secret + `"]}}`:       "{map: {set: {body.moved: body.password}, delete: body.password}}",
		`{"l": [{"password": "` + secret + `"}]}`:               "{split: body.l}",
	} {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			rig := flowtest.Start(t, fmt.Sprintf(concealing, stage), flowtest.Options{
				Catalog: pipeline.Catalog{Stages: append(stages.All(), mangle, quote)}, Log: slog.New(slog.NewTextHandler(&log, nil)),
			})
			rig.Feed.SendMeta("m", payload, map[string]string{"http.Password": secret, "http.body": payload})
			time.Sleep(time.Minute)
			synctest.Wait()
			got := rig.Recorder.Bodies("dead")
			if len(got) != 1 || !strings.Contains(got[0], `"redacted":true`) || strings.Contains(got[0], "hunter2") {
				t.Errorf("%s: dead letters %s", payload, got)
			}
			if text := log.String(); !strings.Contains(text, "dead letter") || strings.Contains(text, "hunter2") {
				t.Errorf("%s: logged %s", payload, text)
			}
		})
	}
}

func TestADeadLetterWithoutSecretsStaysAsItIs(t *testing.T) {
	for _, payload := range []string{`{ "a": 1.0, "passwords": "x" }`, `not JSON`, "", `{"m": "{ \"a\": 1 }"}`} {
		synctest.Test(t, func(t *testing.T) {
			rig := flowtest.Start(t, fmt.Sprintf(concealing, ""), flowtest.Options{Catalog: pipeline.Catalog{Stages: append(stages.All(), quote)}})
			rig.Feed.Send("m", payload)
			time.Sleep(time.Minute)
			synctest.Wait()
			got := rig.Recorder.Bodies("dead")
			if len(got) != 1 || strings.Contains(got[0], "redacted") || !strings.HasSuffix(got[0], fmt.Sprintf(`"payload":%q}`, payload)) {
				t.Errorf("%s: dead letters %s", payload, got)
			}
		})
	}
}
