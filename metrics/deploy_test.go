package metrics_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/leat-io/leat/internal/testservers"
	"github.com/leat-io/leat/metrics"
)

const (
	alertsFile    = "../deploy/prometheus/alerts.yaml"
	dashboardFile = "../deploy/grafana/leat.json"
)

type alert struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	data, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string  `yaml:"name"`
			Rules []alert `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// runbooks are the sections of docs/operations.md, but for those that are about no alert.
func runbooks(t *testing.T) (sections []string) {
	text, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	wantDeclared(t, "docs/operations.md", string(text))
	for line := range strings.Lines(string(text)) {
		title, ok := strings.CutPrefix(strings.TrimSpace(line), "## ")
		if ok && title != "Sizing" {
			sections = append(sections, strings.ReplaceAll(strings.ToLower(title), " ", "-"))
		}
	}
	return sections
}

func TestEveryAlertHasARunbookAndEachOfThoseAnAlert(t *testing.T) {
	used, runbooks := map[string]bool{}, runbooks(t)
	for _, a := range alerts(t) {
		_, section, _ := strings.Cut(a.Annotations["runbook_url"], "/docs/operations.md#")
		if !slices.Contains(runbooks, section) {
			t.Errorf("%s: runbook_url names no section that is known: %q", a.Alert, section)
		}
		used[section] = true
		if a.Expr == "" || a.Annotations["summary"] == "" || a.Labels["severity"] == "" {
			t.Errorf("%s: expr, summary or severity is missing", a.Alert)
		}
		wantDeclared(t, a.Alert, a.Expr)
	}
	for _, section := range runbooks {
		if !used[section] {
			t.Errorf("no alert names #%s", section)
		}
	}
}

func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	data, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Title  string `json:"title"`
		Panels []struct {
			ID      int    `json:"id"`
			Type    string `json:"type"`
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%s: two panels have the id %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			wantDeclared(t, p.Title, target.Expr)
		}
	}
	wantDeclared(t, "the list of flows", string(data))
}

var seriesName = regexp.MustCompile(`\bleat_[a-z0-9_]+`)

// wantDeclared checks that the series of an expression are declared metrics.
func wantDeclared(t *testing.T, where, expr string) {
	t.Helper()
	declared := map[string]bool{}
	for _, m := range metrics.All() {
		if m.Kind != metrics.Histogram {
			declared[m.Name] = true
			continue
		}
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			declared[m.Name+part] = true
		}
	}
	found := seriesName.FindAllString(expr, -1)
	if len(found) == 0 {
		t.Errorf("%s: no series of leat in %s", where, expr)
	}
	for _, name := range found {
		if !declared[name] {
			t.Errorf("%s: there is no %s", where, name)
		}
	}
}

func TestPrometheusTakesTheAlerts(t *testing.T) {
	if out, err := exec.Command(testservers.Promtool(t), "check", "rules", alertsFile).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
