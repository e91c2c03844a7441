package consumers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo/grafana"
	"cairncx.dev/cairn/feedback/score"
)

// shownPanel is a panel of one number with its queries by legend.
type shownPanel struct {
	Title   string
	Targets []struct{ Expr, LegendFormat string }
}

// voicePanels returns the panels of the only survey of the blueprint.
func voicePanels(t *testing.T, b *blueprint.Blueprint) map[string]shownPanel {
	t.Helper()
	list, err := grafana.Dashboards(b)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]shownPanel{}
	for _, d := range list {
		if d.Name != "voice" {
			continue
		}
		var read struct{ Panels []shownPanel }
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			t.Fatal(err)
		}
		for _, p := range read.Panels {
			all[p.Title] = p
		}
	}
	return all
}

// values evaluates a query ten minutes after the first sample, and returns its values by version.
func values(t *testing.T, store *samples, expr string) map[string]float64 {
	t.Helper()
	expr = strings.NewReplacer("$__range", "1h", "$__rate_interval", "4m").Replace(expr)
	q, err := newEngine().NewInstantQuery(context.Background(), store, nil, expr, time.Unix(600, 0))
	if err != nil {
		t.Fatalf("%v\n%s", err, expr)
	}
	defer q.Close()
	vector, err := q.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatalf("%v\n%s", err, expr)
	}
	got := map[string]float64{}
	for _, s := range vector {
		got[s.Metric.Get("cx_survey_version")] = s.F
	}
	return got
}

// answered adds what Prometheus has scraped of answers with these counts, and of requests that were answered, and were not.
func answered(store *samples, survey, version, lim string, scale event.Scale, counts []int64, closed [2]int64) {
	add := func(v int64, pairs ...string) {
		l := labels.FromStrings(append(pairs, "cx_survey_name", survey)...)
		if version != "" {
			l = labels.NewBuilder(l).Set("cx_survey_version", version).Labels()
		}
		for at := int64(0); at <= 600_000; at += 60_000 {
			store.add(l, at, float64(v))
		}
	}
	var n, total int64
	for s := range 11 {
		if i := s - scale.Min(); i >= 0 && i < len(counts) {
			n += counts[i]
			total += counts[i] * int64(s)
		}
		add(n, "__name__", "cx_feedback_score_bucket", "le", strconv.Itoa(s)+lim)
	}
	add(n, "__name__", "cx_feedback_score_bucket", "le", "+Inf")
	add(n, "__name__", "cx_feedback_score_count")
	add(total, "__name__", "cx_feedback_score_sum")
	add(closed[0], "__name__", "cx_feedback_closed_total", "cx_survey_end", "answered")
	add(closed[1], "__name__", "cx_feedback_closed_total", "cx_survey_end", "expired")
}

// TestScoresOfPanels: Prometheus' engine gives, for the queries of the panels, the scores and intervals of package score, and nothing for
// fewer than five answers.
func TestScoresOfPanels(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 15)) //nolint:gosec // the same numbers each time
	for _, scale := range []event.Scale{event.NPS, event.CSAT, event.CES, event.Stars, event.Thumbs} {
		panels := voicePanels(t, &blueprint.Blueprint{Version: 1, Surveys: []blueprint.Survey{{Name: "ask", Scale: scale.String()}}})
		store := &samples{}
		of, closed := map[string]score.Answers{}, [2]int64{}
		for v := range 6 {
			counts := make([]int64, scale.Max()-scale.Min()+1)
			switch v {
			case 0: // all agree
				counts[len(counts)-1] = 30
			case 1:
				counts[0] = 30
			case 2: // too few
				counts[0] = 4
			default:
				for i := range counts {
					counts[i] = rng.Int64N(40) + int64(i%2)
				}
			}
			version, ends := []string{"", "a1", "b2", "c3", "d4", "e5"}[v], [2]int64{rng.Int64N(50), rng.Int64N(50)}
			of[version] = score.AnswersOf(scale, counts, score.DefaultConfidence)
			closed[0], closed[1] = closed[0]+ends[0], closed[1]+ends[1]
			answered(store, "ask", version, []string{"", ".0"}[v%2], scale, counts, ends)
			answered(store, "another", version, "", scale, counts, ends)
		}
		check := func(title string, unit float64, number func(a score.Answers) score.Estimate) {
			p, there := panels[title]
			if !there || len(p.Targets) != 3 {
				t.Fatalf("%s: the panel %s has %d queries", scale, title, len(p.Targets))
			}
			for i, pick := range []func(e score.Estimate) float64{
				func(e score.Estimate) float64 { return e.Value }, func(e score.Estimate) float64 { return e.Low }, func(e score.Estimate) float64 { return e.High },
			} {
				got := values(t, store, p.Targets[i].Expr)
				if _, few := got["b2"]; few || len(got) != len(of)-1 {
					t.Errorf("%s, %s: versions %v, want all but the one of four answers", scale, title, got)
				}
				for version, v := range got {
					if want := unit * pick(number(of[version])); math.Abs(v-want) > 1e-9 {
						t.Errorf("%s, %s, %s, version %q: %v, want %v", scale, title, p.Targets[i].LegendFormat, version, v, want)
					}
				}
			}
		}
		check("Positive", 1, func(a score.Answers) score.Estimate { return a.Positive.Estimate })
		switch scale {
		case event.NPS:
			check("NPS", 1, func(a score.Answers) score.Estimate { return a.Score })
		case event.CSAT, event.CES, event.Stars:
			check("Mean score", 1, func(a score.Answers) score.Estimate { return a.Mean })
		case event.Thumbs: // the share of the positive answers
		}
		rate := score.ShareOf(closed[0], closed[0]+closed[1], score.DefaultConfidence)
		for i, want := range []float64{rate.Value, rate.Low, rate.High} {
			if got := values(t, store, panels["Answered"].Targets[i].Expr); len(got) != 1 || math.Abs(got[""]-want) > 1e-9 {
				t.Errorf("%s: the response rate is %v, want %v", scale, fmt.Sprint(got), want)
			}
		}
	}
}

// TestApdexOfPanel: the panel has the score and the interval of package score, also where a zone has no interaction.
func TestApdexOfPanel(t *testing.T) {
	t.Parallel()
	b := &blueprint.Blueprint{Version: 1}
	store, want := &samples{}, map[string]score.Apdex{}
	for name, zones := range map[string][3]int64{"pay": {60, 30, 10}, "search": {20, 0, 0}, "fail": {0, 0, 7}, "wait": {0, 9, 0}} {
		b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: name, Satisfied: blueprint.Duration(time.Second)})
		want[name] = score.ApdexOf(zones[0], zones[1], zones[2], score.DefaultConfidence)
		for i, zone := range []event.Zone{event.Satisfied, event.Tolerating, event.Frustrated} {
			for at := int64(0); zones[i] > 0 && at <= 600_000; at += 60_000 {
				store.add(labels.FromStrings("__name__", "cx_touchpoint_interactions_total", "cx_touchpoint_name", name, "cx_apdex_zone", zone.String()), at, float64(zones[i]))
			}
		}
	}
	list, err := grafana.Dashboards(b)
	if err != nil {
		t.Fatal(err)
	}
	var panel *shownPanel
	for _, d := range list {
		var read struct{ Panels []shownPanel }
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			t.Fatal(err)
		}
		for i := range read.Panels {
			if read.Panels[i].Title == "Apdex" {
				panel = &read.Panels[i]
			}
		}
	}
	if panel == nil || len(panel.Targets) != 3 {
		t.Fatalf("the panel is %+v", panel)
	}
	for i, pick := range []func(a score.Apdex) float64{
		func(a score.Apdex) float64 { return a.Score.Value }, func(a score.Apdex) float64 { return a.Score.Low }, func(a score.Apdex) float64 { return a.Score.High },
	} {
		q, err := newEngine().NewInstantQuery(context.Background(), store, nil, strings.NewReplacer("$__range", "1h").Replace(panel.Targets[i].Expr), time.Unix(600, 0))
		if err != nil {
			t.Fatal(err)
		}
		vector, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, s := range vector {
			got[s.Metric.Get("cx_touchpoint_name")] = s.F
		}
		q.Close()
		for name, a := range want {
			v, there := got[name]
			if !there || math.Abs(v-pick(a)) > 1e-9 {
				t.Errorf("%s, %s: %v, want %v", name, panel.Targets[i].LegendFormat, v, pick(a))
			}
		}
	}
}
