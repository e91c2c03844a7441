package report_test

import (
	"bytes"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/insight/report"
)

// TestPageOfASite: the page has a link to where it belongs, whatever its name and address have in them, and is otherwise the same page.
func TestPageOfASite(t *testing.T) {
	t.Parallel()
	var alone, within, hostile bytes.Buffer
	r := new(report.Report)
	for _, err := range []error{r.HTML(&alone), r.HTMLWithin(&within, "Reports", "/cx/reports?days=7&journey=a"), r.HTMLWithin(&hostile, "<b>", `javascript:alert("x")`)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const link = `<p class="up"><a href="/cx/reports?days=7&amp;journey=a"><span aria-hidden="true">←</span> Reports</a></p>` + "\n"
	if text := within.String(); strings.Count(text, link) != 1 || strings.Replace(text, link, "", 1) != alone.String() {
		t.Errorf("the page of a site is not the page with a link above it:\n%s", text)
	}
	if text := hostile.String(); strings.Contains(text, "<b>") || strings.Contains(text, `href="javascript:`) {
		t.Errorf("the link is as it came:\n%s", text)
	}
	if strings.Contains(alone.String(), `class="up"`) {
		t.Error("a page without a site has a link")
	}
}
