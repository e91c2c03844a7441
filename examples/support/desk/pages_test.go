package desk_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	opened  = regexp.MustCompile(`<(label|input|select|button|form)\b[^>]*>|</(label|form)>`)
	idsSeen = regexp.MustCompile(`\bid="([^"]+)"`)
	targets = regexp.MustCompile(`(?:aria-labelledby|href)="#?([a-z-]+)"`)
)

// TestPagesAreAccessible: each field has a label around it, each ID is there once, each heading that names a part exists, and a table
// that scrolls can be reached with the keyboard (WCAG 2.2: 1.3.1, 2.1.1, 4.1.2).
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	v := newCompany(t).visitor()
	v.do("chat-open", "intent=refund")
	v.do("chat-person")
	v.do("desk-answer", "on=chat")
	v.do("call-dial", "intent=refund", "line=orders")
	v.do("call-callback")
	v.do("call-dial", "intent=refund", "line=orders")
	v.do("desk-answer", "on=call")
	v.do("desk-decide", "on=call", "decision=refund", "amount=500")
	v.do("post-write", "text=Hello", "intent=refund")
	for _, path := range []string{"/", "/story", "/numbers"} {
		page := v.get(path)
		check(t, path, page)
		if strings.Contains(page, "overflow") || strings.Contains(page, "style=") {
			t.Errorf("%s has styles of its own, which its policy forbids", path)
		}
	}
	v.send("GET", "/nothing", nil)
	check(t, "/nothing", v.body)
	if page := v.get("/numbers"); strings.Count(page, "<table>") != strings.Count(page, `tabindex="0" role="region" aria-labelledby=`) {
		t.Error("a table is not in a region that the keyboard reaches")
	}
}

func check(t *testing.T, path, page string) {
	t.Helper()
	for _, once := range []string{"<h1>", `<main id="main"`, "<title>", `<html lang="en">`, `name="viewport"`} {
		if n := strings.Count(page, once); n != 1 {
			t.Errorf("%s has %s %d times, want once", path, once, n)
		}
	}
	labelled := 0
	for _, tag := range opened.FindAllString(page, -1) {
		switch {
		case strings.HasPrefix(tag, "<label"):
			labelled++
		case tag == "</label>":
			labelled--
		case strings.HasPrefix(tag, "<form"):
			if !strings.Contains(tag, `method="post"`) {
				t.Errorf("%s: %s changes something by GET", path, tag)
			}
		case strings.HasPrefix(tag, "<input") && !strings.Contains(tag, `type="hidden"`), strings.HasPrefix(tag, "<select"):
			if labelled != 1 {
				t.Errorf("%s: %s has %d labels", path, tag, labelled)
			}
		}
	}
	ids := map[string]int{}
	for _, m := range idsSeen.FindAllStringSubmatch(page, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("%s has the ID %s twice", path, m[1])
		}
	}
	for _, m := range targets.FindAllStringSubmatch(page, -1) {
		if ids[m[1]] == 0 {
			t.Errorf("%s names %s, which is not there", path, m[1])
		}
	}
}

// TestLayoutHasNoColours: the colours are those of the shop's style sheet, whose tests know their contrasts, in light and in dark mode.
func TestLayoutHasNoColours(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("pages/layout.css")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|: (white|black)\b`).FindString(string(text)); m != "" {
		t.Errorf("%s is a colour", m)
	}
	if m := regexp.MustCompile(`[^-]width: \d+px`).FindString(string(text)); m != "" {
		t.Errorf("%s does not fit 320 px for certain", m)
	}
	v := newCompany(t).visitor()
	for _, sheet := range []string{"/style.css", "/layout.css"} {
		if css := v.get(sheet); !strings.Contains(css, "{") {
			t.Errorf("%s is empty", sheet)
		}
	}
}
