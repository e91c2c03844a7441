package main

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/examples/shop/centre"
)

// act sends a form of a page: the one that has the text.
func (v *visitor) act(page, has string, values url.Values) {
	t := v.t
	t.Helper()
	body := v.until(page, has)
	for _, form := range regexp.MustCompile(`(?s)<form class="act".*?</form>`).FindAllString(body, -1) {
		if !strings.Contains(form, has) {
			continue
		}
		where := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(form)
		for _, field := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(form, -1) {
			if !values.Has(field[1]) {
				values.Set(field[1], html.UnescapeString(field[2]))
			}
		}
		if status, answer, _ := v.do(http.MethodPost, html.UnescapeString(where[1]), values.Encode()); status != http.StatusOK {
			t.Fatalf("the form is answered with %d:\n%s", status, answer)
		}
		return
	}
	t.Fatalf("no form of %s has %q:\n%s", page, has, body)
}

// TestBreakdown: the fault of the past is found by itself, and is confirmed, planned, mended and verified by clicking. It is then broken again, and found again.
func TestBreakdown(t *testing.T) {
	address, stop := start(t, "-serve", "-weeks", "11", "-calls", "0")
	v := &visitor{t: t, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, url: address}
	v.until(centre.Path, "track-order")
	list := v.until(centre.Path+"breakdowns", "track-order")
	link := regexp.MustCompile(`href="(` + centre.Path + `breakdowns/[^"]+)"`).FindStringSubmatch(list)
	if link == nil {
		t.Fatalf("the list has no breakdown:\n%s", list)
	}
	page := html.UnescapeString(link[1])
	for _, want := range []string{"web-3.2", "northway", "Day by day", "Not confirmed yet"} {
		v.until(page, want)
	}
	v.act(page, `name="move" value="confirmed"`, url.Values{"owner": {"web"}})
	v.until(page, "Confirmed, no plan yet")
	v.act(page, `name="move" value="planned"`, url.Values{"plan": {"new:improvement"}, "change": {"carrier-adapter"}, "owner": {"web"}})
	body := v.until(page, "carrier-adapter")
	v.press("/crowd", "silent-off")
	plan := regexp.MustCompile(`href="(` + centre.Path + `runs/improvement/[^"]+)"`).FindStringSubmatch(body)
	if plan == nil {
		t.Fatalf("the page has no link to its plan:\n%s", body)
	}
	v.act(html.UnescapeString(plan[1]), `value="made"`, url.Values{"move": {"made"}})
	v.until(page, "Mended, being watched")
	for _, want := range []string{"Since it was mended", "usual again", "Verified: it helps"} { // a week each
		v.press("/crowd", "week")
		v.until(page, want)
	}
	v.press("/crowd", "silent-on")
	v.press("/crowd", "week")
	v.press("/crowd", "week")
	v.until(centre.Path+"breakdowns", "ot confirmed yet")
	v.until(centre.Path, "track-order")
	if _, stderr, err := stop(); err != nil || !strings.Contains(stderr, "that failed rose from") || strings.Contains(stderr, "the breakdowns") {
		t.Errorf("the command ends with %v, and says\n%s", err, stderr)
	}
}

// press presses a button of the demonstration's start page.
func (v *visitor) press(path, do string) {
	v.t.Helper()
	if status, body, _ := v.do(http.MethodPost, path, url.Values{"do": {do}}.Encode()); status != http.StatusOK || strings.Contains(body, `role="alert"`) {
		v.t.Fatalf("%s is answered with %d:\n%s", do, status, body)
	}
}
