package draft_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

// TestSuggestions: the keys that the comments of a draft suggest are valid where the comments place them.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	count := draft.NewCount(draft.Spool(t.TempDir()))
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i, activity := range []string{"cart", "pay"} {
		count.Row("shop", "o-1", activity, at.Add(time.Duration(i)*time.Minute).UnixNano())
	}
	text, err := count.Write([]draft.Note{"a note"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	suggested := map[string]string{}
	for name, of := range map[string]string{
		"stages": `#   (stages: \[.*\])`, "abandon_after": `abandoned: (abandon_after: \S+)`, "stage": `belongs to: (stage: \w+)`, "ends": `add: (ends: \w+)`,
		"promises": `the end: (promises: \[.*\])`,
	} {
		found := regexp.MustCompile(of).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("the draft does not suggest %s:\n%s", name, text)
		}
		suggested[name] = found[1]
	}
	edited := strings.NewReplacer(
		"{name: shop}", "{name: shop, "+suggested["stages"]+", "+suggested["abandon_after"]+", "+suggested["promises"]+"}",
		"{name: cart, journey: shop}", "{name: cart, journey: shop, "+suggested["stage"]+"}",
		"{name: pay, journey: shop}", "{name: pay, journey: shop, "+suggested["ends"]+"}",
	).Replace(string(text))
	b, err := yaml.Parse("edited", []byte(edited))
	if err != nil {
		t.Fatalf("%v in\n%s", err, edited)
	}
	shop := b.Journey("shop")
	if got := shop.Expect(shop.Stages()[0]); got != 48*time.Hour || shop.AbandonAfter() != 30*24*time.Hour {
		t.Errorf("the first stage may take %v, and a case is abandoned after %v; want 2d and 30d", got, shop.AbandonAfter())
	}
	var promises []string
	for p := range shop.Promises() {
		promises = append(promises, p.Name+" "+p.String())
	}
	if want := []string{"answered within 48h0m0s from start until end"}; !slices.Equal(promises, want) {
		t.Errorf("the promises are %q, want %q", promises, want)
	}
	if b.Touchpoints[0].Stage != "begin" || b.Touchpoints[1].Ends == "" {
		t.Errorf("the touchpoints are %+v", b.Touchpoints)
	}
}

// TestReservedStages: a stage cannot have the names of the beginning and the end of a journey, and the draft says so.
func TestReservedStages(t *testing.T) {
	t.Parallel()
	count := draft.NewCount(draft.Spool(t.TempDir()))
	for i, stage := range []string{"start", "review", "end"} {
		count.Event(&event.Event{
			Kind: event.TouchpointEnded, Touchpoint: "touch " + stage, Time: time.Unix(int64(i), 0),
			Journey: event.Run{Name: "claim", ID: "1"}, Stage: stage,
		})
	}
	text, err := count.Write(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Parse("draft", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Journey("claim").Stages(); !slices.Equal(got, []string{"review"}) {
		t.Errorf("the stages are %q, want review", got)
	}
	for _, want := range []string{`"start": it stands for`, `"end": it stands for`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the draft does not say %s:\n%s", want, text)
		}
	}
}
