package draft_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

// parsed writes the draft, which is always a valid blueprint.
func parsed(t rapid.TB, count *draft.Count) (*blueprint.Blueprint, string) {
	t.Helper()
	text, err := count.Write(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Parse("draft", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return b, string(text)
}

// expected is the blueprint of the events, after the documentation of cairn init. It is simple enough to check by
// reading. A name that a blueprint cannot have is left out.
func expected(events []event.Event, channels []string) *blueprint.Blueprint {
	b := &blueprint.Blueprint{Version: 1}
	named := func(name string) bool { return event.ValidName(name) && name != event.Other }
	stages := map[string][]string{}
	type place struct{ journey, stage string }
	met := map[string]map[place]int{} // by touchpoint
	for _, e := range events {
		j := e.Journey.Name
		if j != "" && j != event.Other {
			if stages[j] == nil {
				stages[j] = []string{}
			}
			if e.Stage != "" && !slices.Contains(stages[j], e.Stage) {
				stages[j] = append(stages[j], e.Stage)
			}
		} else {
			j = ""
		}
		if e.Kind == event.TouchpointEnded && named(e.Touchpoint) {
			if met[e.Touchpoint] == nil {
				met[e.Touchpoint] = map[place]int{}
			}
			if e.Journey.ID == "" {
				j = ""
			}
			met[e.Touchpoint][place{j, e.Stage}]++
		}
		if s := e.Feedback; s != nil && e.Kind != event.TouchpointEnded && named(s.Survey) && s.Scale != 0 {
			if !slices.ContainsFunc(b.Surveys, func(o blueprint.Survey) bool { return o.Name == s.Survey }) {
				b.Surveys = append(b.Surveys, blueprint.Survey{Name: s.Survey, Scale: s.Scale.String()})
			}
		}
	}
	for name, list := range stages {
		if !named(name) {
			continue
		}
		j := blueprint.Journey{Name: name}
		for _, s := range list {
			if event.ValidName(s) && s != "start" && s != "end" {
				j.Stages = append(j.Stages, blueprint.Stage{Name: s})
			}
		}
		b.Journeys = append(b.Journeys, j)
	}
	best := func(counts map[string]int) string {
		keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
		return append(keys, "")[0]
	}
	for name, places := range met {
		byJourney, byStage := map[string]int{}, map[string]int{}
		for p, n := range places {
			if p.journey != "" {
				byJourney[p.journey] += n
			}
			byStage[p.stage] += n
		}
		tp := blueprint.Touchpoint{Name: name}
		if j := best(byJourney); named(j) {
			tp.Journey = j
			if s := best(byStage); event.ValidName(s) && s != "start" && s != "end" && slices.Contains(stages[j], s) {
				tp.Stage = s
			}
		}
		b.Touchpoints = append(b.Touchpoints, tp)
	}
	for _, c := range channels {
		if _, standard := (*blueprint.Blueprint)(nil).Channel(c); !standard && event.ValidName(c) {
			if b.Channels == nil {
				b.Channels = map[string]string{}
			}
			b.Channels[c] = "other"
		}
	}
	return b
}

// TestDraftOfEvents compares the drafts of random events with the blueprint that they should have, whatever the names
// are.
func TestDraftOfEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(
			rapid.SampledFrom([]string{"", event.Other, "_x", "a", "b", "c", "yes", "~", "a: b", "- x", "#c", "\"", "\\", "{}", "é", "a\u00a0b", "two\nlines", "'", "1e3", "start", "end", strings.Repeat("ü", 33)}),
			rapid.StringN(1, 12, 64),
		)
		few := func(label string, n int) []string { return rapid.SliceOfN(name, 1, n).Draw(t, label) }
		journeys, ids, stages, touchpoints, surveys := few("journeys", 4), []string{"1", "2", ""}, few("stages", 4), few("touchpoints", 6), few("surveys", 4)
		count := draft.NewCount(draft.Spool(""))
		var events []event.Event
		for i := range rapid.IntRange(1, 40).Draw(t, "events") {
			e := event.Event{Kind: rapid.SampledFrom([]event.Kind{event.TouchpointEnded, event.TouchpointEnded, event.JourneyStarted, event.JourneyStageEntered, event.FeedbackReceived, event.SurveyRequested}).Draw(t, "kind")}
			e.Time = time.Unix(int64(i), 0)
			e.Journey = event.Run{Name: rapid.SampledFrom(journeys).Draw(t, "journey"), ID: rapid.SampledFrom(ids).Draw(t, "id")}
			e.Stage = rapid.SampledFrom(stages).Draw(t, "stage")
			switch e.Kind {
			case event.TouchpointEnded:
				e.Touchpoint = rapid.SampledFrom(touchpoints).Draw(t, "touchpoint")
			case event.FeedbackReceived, event.SurveyRequested:
				e.Feedback = &event.Feedback{Survey: rapid.SampledFrom(surveys).Draw(t, "survey"), Scale: event.Scale(rapid.IntRange(0, 5).Draw(t, "scale"))} //nolint:gosec // small
			}
			events = append(events, e)
			count.Event(&e)
		}
		// Spellings that differ only in capitals are one, and the draft has the first of them.
		channels := rapid.SliceOfNDistinct(rapid.OneOf(name, rapid.SampledFrom([]string{"web", "Web", "Shop", "Kiosk 7"})), 0, 5, strings.ToLower).Draw(t, "channels")
		for _, c := range channels {
			count.Channel(c)
		}
		if count.Rows() != int64(len(events)) {
			t.Errorf("%d rows are counted of %d", count.Rows(), len(events))
		}
		got, text := parsed(t, count)
		want := expected(events, channels)
		for _, b := range []*blueprint.Blueprint{got, want} {
			slices.SortFunc(b.Journeys, func(x, y blueprint.Journey) int { return strings.Compare(x.Name, y.Name) })
			slices.SortFunc(b.Touchpoints, func(x, y blueprint.Touchpoint) int { return strings.Compare(x.Name, y.Name) })
			slices.SortFunc(b.Surveys, func(x, y blueprint.Survey) int { return strings.Compare(x.Name, y.Name) })
		}
		if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the draft differs (-want +got):\n%s\n%s", diff, text)
		}
	})
}

// TestChannelsInCapitals: spellings that differ only in capitals are one channel.
func TestChannelsInCapitals(t *testing.T) {
	t.Parallel()
	count := draft.NewCount(draft.Spool(""))
	for _, c := range []string{"shop", "SHOP", "Shop", "Web", "", "Fax"} {
		count.Channel(c)
	}
	if b, _ := parsed(t, count); !maps.Equal(b.Channels, map[string]string{"SHOP": "other", "Fax": "other"}) {
		t.Errorf("the channels are %v, want one shop and the fax", b.Channels)
	}
}

// many counts n rows, each with its number.
func many(n int, row func(c *draft.Count, i int)) *draft.Count {
	count := draft.NewCount(draft.Spool(""))
	for i := range n {
		row(count, i)
	}
	return count
}

// TestDraftIsBounded: a blueprint has at most 1,000 names of each kind. The draft keeps the most frequent ones, lists the
// first 20 of the others, and says how many others there are.
func TestDraftIsBounded(t *testing.T) {
	t.Parallel()
	const most, told = blueprint.MaxNames, 20
	name := func(i int) string { return fmt.Sprintf("n%06d", i) }
	journey := func(c *draft.Count, i int) {
		c.Event(&event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: name(i), ID: "1"}})
	}
	touch := func(c *draft.Count, i int) {
		c.Event(&event.Event{Kind: event.TouchpointEnded, Touchpoint: name(i)})
	}
	survey := func(c *draft.Count, i int) {
		c.Event(&event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: name(i), Scale: event.CSAT}})
	}
	channel := func(c *draft.Count, i int) { c.Channel(name(i)) }
	stage := func(c *draft.Count, i int) {
		c.Event(&event.Event{Kind: event.JourneyStageEntered, Stage: name(i), Journey: event.Run{Name: "j", ID: "1"}})
	}
	invalid := func(c *draft.Count, i int) { c.Row("j", "1", "_"+name(i), 0) }
	for _, c := range []struct {
		name  string
		n     int
		row   func(c *draft.Count, i int)
		want  [5]int // journeys, touchpoints, surveys, channels, stages
		lines int    // the number of lines about names that the draft leaves out
		says  string
	}{
		{"journeys", most, journey, [5]int{most}, 0, ""},
		{"one journey more", most + 1, journey, [5]int{most}, 1, fmt.Sprintf(`#   %q: a blueprint has at most 1000 journeys`, name(most))},
		{"20 journeys more", most + told, journey, [5]int{most}, told, ""},
		{"30 journeys more", most + told + 10, journey, [5]int{most}, told + 1, "#   and 10 others"},
		{"too many journeys to tell apart", 20_003, journey, [5]int{most}, told + 1, "#   and 18981 others"}, // those that are not told apart are one
		{"touchpoints", most, touch, [5]int{0, most}, 0, ""},
		{"one touchpoint more", most + 1, touch, [5]int{0, most}, 1, "#   the rarest activities, with 1 row: a blueprint has at most 1000 touchpoints"},
		{"too many touchpoints to tell apart", 20_003, touch, [5]int{0, most}, 1, "#   the rarest activities, with 19003 rows"},
		{"surveys", most, survey, [5]int{0, 0, most}, 0, ""},
		{"one survey more", most + 1, survey, [5]int{0, 0, most}, 0, ""},
		{"channels", most, channel, [5]int{0, 0, 0, most}, 0, ""},
		{"one channel more", most + 1, channel, [5]int{0, 0, 0, most}, 0, ""},
		{"stages", most, stage, [5]int{1, 0, 0, 0, most}, 0, ""},
		{"one stage more", most + 1, stage, [5]int{1, 0, 0, 0, most}, 0, ""},
		{"invalid names", told, invalid, [5]int{1}, told, ""},
		{"one invalid name more", told + 1, invalid, [5]int{1}, told + 1, "#   and 1 others"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, text := parsed(t, many(c.n, c.row))
			got := [5]int{len(b.Journeys), len(b.Touchpoints), len(b.Surveys), len(b.Channels)}
			for _, j := range b.Journeys {
				got[4] = max(got[4], len(j.Stages))
			}
			if got != c.want {
				t.Errorf("there are %v journeys, touchpoints, surveys, channels and stages, want %v", got, c.want)
			}
			_, left, there := strings.Cut(text, "# Left out:\n")
			if lines := strings.Count(left, "\n"); lines != c.lines || there != (lines > 0) || !strings.Contains(left, c.says) {
				t.Errorf("%d lines say what is left out, want %d with %q:\n%.3000s", lines, c.lines, c.says, left)
			}
		})
	}
}

// TestRarestAreLeftOut: of too many activities the draft keeps the most frequent ones.
func TestRarestAreLeftOut(t *testing.T) {
	t.Parallel()
	const rare, more = blueprint.MaxNames / 2, 3
	count := many(blueprint.MaxNames+more, func(c *draft.Count, i int) {
		times := 2
		if i >= rare && i < rare+more {
			times = 1
		}
		for range times {
			c.Event(&event.Event{Kind: event.TouchpointEnded, Touchpoint: fmt.Sprintf("n%06d", i)})
		}
	})
	b, text := parsed(t, count)
	for i := range more {
		name := fmt.Sprintf("n%06d", rare+i)
		if slices.ContainsFunc(b.Touchpoints, func(tp blueprint.Touchpoint) bool { return tp.Name == name }) {
			t.Errorf("the draft keeps %s, which is one of the rarest", name)
		}
	}
	if want := fmt.Sprintf("the rarest activities, with %d rows", more); !strings.Contains(text, want) {
		t.Errorf("the draft does not say %q", want)
	}
}

// TestSpellingsAreBounded: the draft remembers the first 10,000 spellings of channels.
func TestSpellingsAreBounded(t *testing.T) {
	t.Parallel()
	const most = 10_000
	for n, want := range map[int]bool{most - 1: true, most: false} {
		count := many(n, func(c *draft.Count, i int) { c.Channel(fmt.Sprintf("n%06d", i)) })
		count.Channel("a")
		if b, _ := parsed(t, count); (b.Channels["a"] == "other") != want {
			t.Errorf("after %d spellings another one is in the draft: %v, want %v", n, !want, want)
		}
	}
}

// TestLongNamesAreCut: a name that the draft leaves out is cut behind a whole character.
func TestLongNamesAreCut(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		strings.Repeat("x", 80):              `"` + strings.Repeat("x", 80) + `": `,
		strings.Repeat("x", 81):              `"` + strings.Repeat("x", 80) + `…": `,
		"x" + strings.Repeat("ü", 40):        `"x` + strings.Repeat("ü", 39) + `…": `,
		strings.Repeat("申", 27):              `"` + strings.Repeat("申", 26) + `…": `,
		"_" + strings.Repeat("申請", 2) + "\n": `"_申請申請\n": `,
	} {
		count := draft.NewCount(draft.Spool(""))
		count.Row("j", "1", name, 0)
		if _, text := parsed(t, count); !strings.Contains(text, "#   "+want) {
			t.Errorf("the draft lacks %s:\n%s", want, text)
		}
	}
}

// TestDraftOnAFullDisk: a draft whose durations cannot all be kept is an error.
func TestDraftOnAFullDisk(t *testing.T) {
	t.Parallel()
	spool := series.NewSpool(t.TempDir()+"/none", 1)
	count := draft.NewCount(spool)
	for i := range 5000 {
		count.Row("j", "1", "a", int64(i))
	}
	if text, err := count.Write(nil, nil); err == nil || text != nil || !strings.Contains(err.Error(), "the time to the next activity: ") {
		t.Errorf("Write returns %q, %v", text, err)
	}
}
