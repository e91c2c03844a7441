package draft_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/draft"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// TestSuggestions: the keys that the comments of a draft suggest are valid where the comments place them.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	count := draft.NewCount(draft.Spool(t.TempDir()))
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i, activity := range []string{"cart", "pay"} {
		count.Row("shop", "o-1", activity, at.Add(time.Duration(i)*time.Minute).UnixNano())
	}
	text, err := count.Write([]draft.Note{"a note"})
	if err != nil {
		t.Fatal(err)
	}
	suggested := map[string]string{}
	for name, of := range map[string]string{
		"stages": `#   (stages: \[.*\])`, "abandon_after": `abandoned: (abandon_after: \S+)`, "stage": `belongs to: (stage: \w+)`, "ends": `add: (ends: \w+)`,
	} {
		found := regexp.MustCompile(of).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("the draft does not suggest %s:\n%s", name, text)
		}
		suggested[name] = found[1]
	}
	edited := strings.NewReplacer(
		"{name: shop}", "{name: shop, "+suggested["stages"]+", "+suggested["abandon_after"]+"}",
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
	if b.Touchpoints[0].Stage != "begin" || b.Touchpoints[1].Ends == "" {
		t.Errorf("the touchpoints are %+v", b.Touchpoints)
	}
}
