package grafana

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
)

// Dashboard is one dashboard.
type Dashboard struct {
	// Name is what the dashboard is about: "journeys", "objectives", "support", "voice", "followups",
	// "contact" or "sdk".
	Name string
	// UID identifies the dashboard in Grafana: the prefix and the name.
	UID string
	// JSON is the dashboard in Grafana's form, indented.
	JSON []byte
}

// Dashboards returns the dashboards of a blueprint: journeys and their touchpoints, objectives, the people who help, the voice of the
// customer, follow-ups, contacts with customers, and the SDK's own health. A dashboard about something that the blueprint does not have is left out. The
// result is the same for the same blueprint and options.
//
// The objectives' dashboard reads series that the rules of package cx/slo/rules record, so Prometheus needs these rules. The other
// dashboards need the metrics alone.
//
// Dashboards fails if the blueprint is not valid, and if an option is not.
func Dashboards(b *blueprint.Blueprint, opts ...Option) ([]Dashboard, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, errors.New("grafana: the blueprint is nil: pass one")
	}
	if err := b.Validate(); err != nil {
		return nil, fmt.Errorf("grafana: the blueprint is not valid:\n%w", err)
	}
	g := &generator{config: c, blueprint: b, metrics: metricNames(), objectives: b.AllObjectives()}
	var list []Dashboard
	for _, d := range []struct {
		name, title, about, from string
		rows                     []row
	}{
		{"journeys", "Journeys", "What customers go through: how they start and end, where they leave, how long it takes, and what they meet.", "now-7d", g.journeys()},
		{"objectives", "Objectives", "What we promise, whether we keep it, and how much of each error budget is left.", "now-28d", g.objectiveRows()},
		{"support", "Support", "How long customers wait for people, how many leave, and how long helping takes.", "now-24h", g.support()},
		{"voice", "Voice of the customer", "What customers answer when we ask.", "now-28d", g.voice()},
		{"followups", "Follow-ups", "How the company answers customers: what is open, whether promises are kept, and which steps are left out.", "now-28d", g.followUps()},
		{"contact", "Contacting customers", "What the contact policy allowed and refused, and contacts that were made against it.", "now-7d", g.contact()},
		{"sdk", "Cairn itself", "Whether the SDK runs, what it corrected or refused, and whether events reach their sinks.", "now-24h", g.sdk()},
	} {
		if len(d.rows) == 0 {
			continue
		}
		uid := c.prefix + "-" + d.name
		text, err := c.dashboard(uid, d.title, d.about, d.from, d.rows)
		if err != nil {
			return nil, fmt.Errorf("grafana: the dashboard %s: %w", d.name, err)
		}
		list = append(list, Dashboard{Name: d.name, UID: uid, JSON: text})
	}
	return list, nil
}

type generator struct {
	*config

	blueprint  *blueprint.Blueprint
	metrics    names
	objectives []slo.Objective
}

// dashboard makes the JSON of a dashboard.
func (c *config) dashboard(uid, title, about, from string, rows []row) ([]byte, error) {
	made := "Made by cairn generate grafana"
	if c.source != "" {
		made += " from " + blueprint.OneLine(c.source)
	}
	//nolint:staticcheck // see layout
	d := dashboard.NewDashboardBuilder(title).Uid(uid).Description(about+" "+made+". Change the blueprint and generate again.").
		Tags([]string{c.prefix}).Time(from, "now").Timezone("browser").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus")).
		Link(dashboard.NewDashboardLinkBuilder("Other dashboards").Type(dashboard.DashboardLinkTypeDashboards).Tags([]string{c.prefix}).KeepTime(true))
	layout(d, rows)
	built, err := d.Build()
	if err != nil {
		return nil, fmt.Errorf("the SDK of Grafana refuses it: %w", err)
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("it has no JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// few is how many rows a dashboard has at most if all of them are open. If there are more rows, only the first one is open, because each open row asks
// its queries at once.
const few = 3

// fold folds rows where there are many.
func fold(rows []row) []row {
	for i := range rows {
		rows[i].folded = len(rows) > few && i > 0
	}
	return rows
}

// markdown returns a text of the blueprint for a description, which Grafana reads as Markdown.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range blueprint.OneLine(text) {
		if strings.ContainsRune("\\`*_[]<>|~&#!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// titled returns a text of the blueprint for a title, in which Grafana replaces the names of variables.
func titled(text string) string {
	return strings.NewReplacer("$", "＄", "[[", "[ [").Replace(blueprint.OneLine(text))
}
