package grafana_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo/grafana"
)

var update = flag.Bool("update", false, "write the files in testdata")

func dashboards(t *testing.T, b *blueprint.Blueprint, opts ...grafana.Option) []grafana.Dashboard {
	t.Helper()
	list, err := grafana.Dashboards(b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestGolden(t *testing.T) {
	t.Parallel()
	list := dashboards(t, shop(), grafana.WithSource("shop.yaml"))
	if len(list) != 7 {
		t.Fatalf("there are %d dashboards, want 7", len(list))
	}
	for _, d := range list {
		golden := "testdata/" + d.Name + ".json"
		if *update {
			if err := os.WriteFile(golden, d.JSON, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.JSON, want) {
			t.Errorf("the dashboard differs from %s; run go test -update and look at the difference", golden)
		}
		if d.UID != "cairn-"+d.Name || !bytes.Contains(d.JSON, []byte(`"uid": "cairn-`+d.Name+`"`)) || !bytes.Contains(d.JSON, []byte("from shop.yaml")) {
			t.Errorf("%s: the UID %s or the source is missing", d.Name, d.UID)
		}
	}
}

// panelOf is what the tests read of a panel.
type panelOf struct {
	ID      uint32 `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	GridPos struct{ X, Y, W, H uint32 }
	Targets []struct {
		RefID        string `json:"refId"`
		Expr         string `json:"expr"`
		LegendFormat string `json:"legendFormat"`
		Datasource   struct{ UID string }
	} `json:"targets"`
	Panels []panelOf `json:"panels"`
}

// panelsOf returns the panels of a dashboard, also those of folded rows.
func panelsOf(t *testing.T, d grafana.Dashboard) (all []panelOf) {
	t.Helper()
	var read panelOf
	if err := json.Unmarshal(d.JSON, &read); err != nil {
		t.Fatal(err)
	}
	for _, p := range read.Panels {
		all = append(append(all, p), p.Panels...)
	}
	return all
}

// TestGrafanaReads: Grafana's own types, which refuse unknown and missing fields, read each dashboard and find no fault in it.
func TestGrafanaReads(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for _, b := range []*blueprint.Blueprint{shop(), hostile()} {
		for _, d := range dashboards(t, b) {
			var read dashboard.Dashboard
			for _, err := range []error{read.UnmarshalJSONStrict(d.JSON), read.Validate()} {
				var faults cog.BuildErrors // the SDK returns an empty list where there is none
				if err != nil && (!errors.As(err, &faults) || len(faults) > 0) {
					t.Errorf("%s: %v", d.Name, err)
				}
			}
		}
	}
}

// TestLayout: panels lie within the grid and beside each other, each with an ID of its own, a query, and the data source of the variable.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, b := range []*blueprint.Blueprint{shop(), hostile()} {
		for _, d := range dashboards(t, b) {
			ids, cells := map[uint32]bool{}, map[[2]uint32]string{}
			for _, p := range panelsOf(t, d) {
				if ids[p.ID] || p.ID == 0 {
					t.Errorf("%s: the panel %q has the ID %d, which is 0 or taken", d.Name, p.Title, p.ID)
				}
				ids[p.ID] = true
				if p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W == 0 || p.GridPos.H == 0 {
					t.Errorf("%s: the panel %q is at %+v, outside of the grid", d.Name, p.Title, p.GridPos)
				}
				for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
					for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
						if other, taken := cells[[2]uint32{x, y}]; taken {
							t.Fatalf("%s: the panels %q and %q overlap at %d, %d", d.Name, other, p.Title, x, y)
						}
						cells[[2]uint32{x, y}] = p.Title
					}
				}
				if p.Type == "row" {
					continue
				}
				if len(p.Targets) == 0 || p.Title == "" {
					t.Errorf("%s: the panel %q has no query or no title", d.Name, p.Title)
				}
				refs := map[string]bool{}
				for _, q := range p.Targets {
					if refs[q.RefID] || q.Datasource.UID != "${datasource}" {
						t.Errorf("%s: %q: the query %s has a letter that is taken, or another data source", d.Name, p.Title, q.RefID)
					}
					refs[q.RefID] = true
				}
			}
		}
	}
}

var variables = regexp.MustCompile(`\$\w+|\$\{|\[\[`)

// TestNamesAreNoVariables: Grafana finds no variable in a query but those that belong there, whatever names the blueprint has.
func TestNamesAreNoVariables(t *testing.T) {
	t.Parallel()
	for _, d := range dashboards(t, hostile()) {
		for _, p := range panelsOf(t, d) {
			for _, q := range p.Targets {
				for _, v := range variables.FindAllString(q.Expr, -1) {
					if v != "$__range" && v != "$__rate_interval" {
						t.Errorf("%s: %q: Grafana would replace %s in %s", d.Name, p.Title, v, q.Expr)
					}
				}
			}
			if v := variables.FindString(p.Title); v != "" {
				t.Errorf("%s: Grafana would replace %s in the title %q", d.Name, v, p.Title)
			}
		}
	}
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	first := dashboards(t, shop())
	for range 10 {
		for i, d := range dashboards(t, shop()) {
			if !bytes.Equal(d.JSON, first[i].JSON) {
				t.Fatalf("a second call gives another %s", d.Name)
			}
		}
	}
}

// TestMatcher: every selector of every query has the matcher.
func TestMatcher(t *testing.T) {
	t.Parallel()
	selector := regexp.MustCompile(`(cx_|objective:cx_)\w+(\{[^}]*\})?`)
	for _, d := range dashboards(t, shop(), grafana.WithMatcher("namespace", "production"), grafana.WithPrefix("prod")) {
		if !strings.HasPrefix(d.UID, "prod-") {
			t.Errorf("the UID is %s", d.UID)
		}
		n := 0
		for _, p := range panelsOf(t, d) {
			for _, q := range p.Targets {
				for _, s := range selector.FindAllString(q.Expr, -1) {
					if strings.Contains(s, "{") { // the others are labels
						n++
						if !strings.Contains(s, `namespace="production"`) {
							t.Errorf("%s: %q: %s has no matcher", d.Name, p.Title, s)
						}
					} else if strings.HasSuffix(s, "_total") {
						t.Errorf("%s: %q: %s has no matcher", d.Name, p.Title, s)
					}
				}
			}
		}
		if n == 0 {
			t.Errorf("%s has no selector", d.Name)
		}
	}
}

// TestScrape: the dashboards ask for no series that the rules of the same scrape interval do not record.
func TestScrape(t *testing.T) {
	t.Parallel()
	b := shop()
	b.Objectives = append(b.Objectives, blueprint.Objective{
		Name: "daily", Journey: "checkout", Good: blueprint.Good{Outcome: []string{"completed"}}, Target: 0.9, Window: slo.Window{Days: 1},
	})
	asked := regexp.MustCompile(`objective(?:_split)?:\w+:\w+`)
	for _, scrape := range []time.Duration{time.Second, rules.DefaultScrape, time.Minute, 5 * time.Minute} {
		files, err := rules.Prometheus(b.AllObjectives(), rules.WithScrape(scrape))
		if err != nil {
			t.Fatal(err)
		}
		recorded := map[string]bool{}
		for _, f := range files {
			for _, m := range regexp.MustCompile(`record: (\S+)`).FindAllSubmatch(f.Data, -1) {
				recorded[string(m[1])] = true
			}
		}
		n := 0
		for _, d := range dashboards(t, b, grafana.WithScrape(scrape)) {
			for _, p := range panelsOf(t, d) {
				for _, q := range p.Targets {
					for _, series := range asked.FindAllString(q.Expr, -1) {
						if n++; !recorded[series] {
							t.Errorf("scrapes every %s: %q asks for %s, which no rule records", scrape, p.Title, series)
						}
					}
				}
			}
		}
		if n == 0 {
			t.Error("no panel asks for a recorded series")
		}
	}
}

func TestLeftOut(t *testing.T) {
	t.Parallel()
	list := dashboards(t, &blueprint.Blueprint{Version: blueprint.Version})
	if len(list) != 1 || list[0].Name != "sdk" {
		t.Errorf("an empty blueprint has %d dashboards", len(list))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		blueprint *blueprint.Blueprint
		option    grafana.Option
		want      string
	}{
		{"no blueprint", nil, nil, "the blueprint is nil"},
		{"an invalid blueprint", &blueprint.Blueprint{}, nil, "is not valid"},
		{"a prefix that is too long", shop(), grafana.WithPrefix(strings.Repeat("x", 25)), "WithPrefix"},
		{"an empty prefix", shop(), grafana.WithPrefix(""), "WithPrefix"},
		{"scrapes too rare", shop(), grafana.WithScrape(6 * time.Minute), "WithScrape"},
		{"no label", shop(), grafana.WithMatcher("a-b", "c"), "WithMatcher"},
	} {
		if list, err := grafana.Dashboards(c.blueprint, c.option); err == nil || !strings.Contains(err.Error(), c.want) || list != nil {
			t.Errorf("%s: there are %d dashboards and the error %v, want %q", c.name, len(list), err, c.want)
		}
	}
}

func ExampleDashboards() {
	b := &blueprint.Blueprint{
		Version: blueprint.Version,
		Surveys: []blueprint.Survey{{Name: "post-purchase", Scale: "csat"}},
	}
	list, err := grafana.Dashboards(b, grafana.WithSource("shop.yaml"))
	if err != nil {
		fmt.Println(err)
	}
	for _, d := range list {
		var read struct {
			Title  string
			Panels []struct{ Type, Title string }
		}
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%s.json: %s, %d panels and rows\n", d.Name, read.Title, len(read.Panels))
	}
	// Output:
	// voice.json: Voice of the customer, 9 panels and rows
	// sdk.json: Cairn itself, 12 panels and rows
}
