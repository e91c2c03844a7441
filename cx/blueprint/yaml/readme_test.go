package yaml_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// TestPages: each blueprint that a page for people shows is valid, by itself or below a version, and the schema accepts it.
func TestPages(t *testing.T) {
	t.Parallel()
	s := compile(t)
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for page, least := range map[string]int{"../README.md": 5, contactPage: 1, "../../../docs/promise.md": 2, "../../../docs/objective.md": 7, "../../../docs/queues.md": 1, "../../../docs/log.md": 2, "../../../docs/spanmatch.md": 1} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := shown.FindAllStringSubmatch(string(text), -1)
		if len(blocks) < least {
			t.Errorf("%s shows %d blueprints, want %d or more", page, len(blocks), least)
		}
		for _, b := range blocks {
			file := b[1]
			if !strings.Contains(file, "version: ") {
				file = "version: 1\n" + file
			}
			if _, err := yaml.Parse(page, []byte(file)); err != nil {
				t.Errorf("%v\nin\n%s", err, file)
			}
			if err := check(s, []byte(file)); err != nil {
				t.Errorf("%s: the schema: %v\nin\n%s", page, err, file)
			}
		}
	}
}

// TestRefusedOnThePage: what the page about objectives says is refused is refused, with one problem for each row, and the rows' journeys,
// touchpoints and surveys are otherwise valid.
func TestRefusedOnThePage(t *testing.T) {
	t.Parallel()
	const page = "../../../docs/objective.md"
	const file = `version: 1
journeys:
- {name: checkout, abandon_after: 30m}
- {name: newsletter}
- {name: order, promises: [{name: shipped, within: 24h}]}
touchpoints: [{name: search}]
surveys: [{name: post-purchase, scale: csat}]
objectives:
- {name: weekly, journey: checkout, target: 95%, window: 7d}
- {name: monthly, journey: checkout, target: 95%}
- {name: both, of: [{objective: monthly}], target: 95%}
`
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := yaml.Parse(page, []byte(file)); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "| written in an objective |")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(rest, -1)
	if len(rows) < 20 {
		t.Errorf("the page has %d rows, want 20 or more", len(rows))
	}
	for _, row := range rows {
		var invalid *yaml.Error
		_, err := yaml.Parse(page, []byte(file+"- {name: o, "+row[1]+"}\n"))
		if !errors.As(err, &invalid) || len(invalid.Problems) != 1 || !strings.HasPrefix(invalid.Problems[0].Path, "objectives[3]") {
			t.Errorf("%s: %v", row[1], err)
		}
	}
}
