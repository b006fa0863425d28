package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// newPythonPlugin makes a plugin, in whose place another program may be put.
func newPythonPlugin(t *testing.T, main string) (dir string, env []string) {
	t.Helper()
	dir, env = t.TempDir(), runtimeOf(t, "python")
	start(t, dir, nil, "plugin", "new", "--lang", "python", "labels").mustExit(exitOK)
	if main != "" {
		write(t, filepath.Join(dir, "plugins", "labels", "main.py"), main)
	}
	return dir, env
}

func TestPluginCheckTellsWhatBecomesOfEvents(t *testing.T) {
	dir, env := newPythonPlugin(t, "")
	p := start(t, dir, env, "plugin", "check", "--tls=false", "plugins/labels/main.py").mustExit(exitOK)
	p.mustTell("ok    start ", "ok    events          2 of plugins/labels/sample.jsonl; the median takes ",
		"1  dropped: a test\n", "1  goes on, changed\n", "ok    nothing         rejected: the payload is not JSON")

	write(t, filepath.Join(dir, "config.yaml"), "label: 7\n")
	p = start(t, dir, env, "plugin", "check", "--tls=false", "--config", "config.yaml", "plugins/labels/main.py").mustExit(exitProblem)
	p.mustTell("FAIL  settings        config.label: want a text, not 7\n")

	write(t, filepath.Join(dir, "events.jsonl"), `{"a":1}`+"\n\n"+`[]`+"\n")
	p = start(t, dir, env, "plugin", "check", "--tls=false", "--sink", "--bad-input=false", "--events", "events.jsonl", "plugins/labels/main.py").mustExit(exitOK)
	p.mustTell("2 of events.jsonl;", "1  delivered\n", "1  rejected: the payload is not a JSON object\n")
	if strings.Contains(p.said.String(), "no JSON") {
		t.Error("a sink got what it was not to get")
	}
}

func TestPluginCheckFailsAPluginThatBadInputBreaks(t *testing.T) {
	dir, env := newPythonPlugin(t, `#!/usr/bin/env python3
import os, threading
import leat_plugin

def handle(event):
    if event.payload == b"":
        threading.Event().wait()
    if event.payload[:1] == b"\x00":
        os._exit(3)
    if event.payload == b"null":
        raise ValueError("not again")
    return event if event.payload != b"[null]" else [event, event]

leat_plugin.serve(handle)
`)
	p := start(t, dir, env, "plugin", "check", "--tls=false", "--timeout", "500ms", "plugins/labels/main.py").mustExit(exitProblem)
	p.mustTell("ok    no JSON         goes on as it came\n", "ok    no object       becomes 2 events\n",
		"FAIL  null            to be tried again: ValueError: not again\n", "FAIL  no text         the plugin crashed\n",
		"FAIL  nothing         to be tried again: the plugin took longer than 500ms", "ok    1 MiB of text   goes on as it came\n")
}

func TestPluginCheckSaysWhyAPluginDoesNotStart(t *testing.T) {
	dir, env := newPythonPlugin(t, "#!/usr/bin/env python3\nprint('hello')\n")
	start(t, dir, env, "plugin", "check", "--tls=false", "plugins/labels/main.py").mustExit(exitProblem).
		mustTell("FAIL  start           run: plugins/labels/main.py did not start: the first line of its standard output is not that of a plugin of leat")
	start(t, dir, env, "plugin", "check", "plugins/labels/none.py").mustExit(exitProblem).mustTell("there is no file plugins/labels/none.py")
	start(t, dir, env, "plugin", "check", "--events", "none.jsonl", "plugins/labels/main.py").mustExit(exitProblem).mustTell("read events: open none.jsonl")
	start(t, dir, env, "plugin", "check").mustExit(exitUsage).mustTell("want the PROGRAM to check")
	start(t, dir, env, "plugin", "check", "--timeout", "0s", "plugins/labels/main.py").mustExit(exitUsage).mustTell("timeout", "must be at least 1ms")
}

// mustTell looks for parts of what the command has written.
func (p *process) mustTell(parts ...string) {
	p.t.Helper()
	for _, part := range parts {
		if !strings.Contains(p.said.String(), part) {
			p.t.Errorf("it does not say %q", part)
		}
	}
}
