package rules_test

import (
	"net/url"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint/pages"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// TestPageLinks: an alert leads to the page that package pages writes for the journey, whatever the journey is called.
func TestPageLinks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"checkout", "check out", "a/b", "x+y", "100%", "..", "Ümlaut", "*"} {
		files, err := rules.Prometheus([]slo.Objective{{Name: "o", Journey: name, Target: 0.95, Window: slo.Window{Days: 28}}}, rules.WithPages("https://wiki.example/cx/"))
		if err != nil {
			t.Fatal(err)
		}
		want := "https://wiki.example/cx/" + url.PathEscape(pages.FileName(name))
		found := false
		for _, f := range files {
			found = found || strings.Contains(string(f.Data), want)
		}
		if !found {
			t.Errorf("no alert of the journey %q leads to %s", name, want)
		}
	}
}
