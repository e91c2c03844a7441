package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// TestEveryLinkLeadsSomewhere follows every link of every page, from Now on: what a page offers has to be there, whatever names there are.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"plain": "", "hostile": hostile} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journey := "ticket"
			if text != "" {
				journey = text
			}
			c := served(t, loaded(t, desk(journey), crowd(journey, text)), console.WithPath("/cx/"))
			seen := crawl(t, c, "/cx/", 400)
			for _, want := range []string{"/cx/breakdowns", "/cx/journeys", "/cx/runs", "/cx/support", "/cx/voice", "/cx/goes-with", "/cx/reports"} {
				if !seen[want] {
					t.Errorf("no page links to %s", want)
				}
			}
			if len(seen) < 100 {
				t.Errorf("only %d pages are linked: want every run that is listed", len(seen))
			}
		})
	}
}

// crawl follows links, at most so many, and returns the addresses that it has seen.
func crawl(t *testing.T, h http.Handler, from string, most int) map[string]bool {
	t.Helper()
	seen, queue := map[string]bool{from: true}, []string{from}
	for n := 0; len(queue) > 0 && n < most; n++ {
		address := queue[0]
		queue = queue[1:]
		w := request(h, http.MethodGet, address)
		body := w.Body.String()
		if w.Code != http.StatusOK {
			t.Fatalf("GET %s is answered with %d: %s", address, w.Code, body)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || strings.HasPrefix(address, "/cx/reports/") {
			continue
		}
		checkPage(t, address, body)
		for _, next := range links(t, address, body) {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// inline finds what the policy of the console forbids, and a section that could not be answered.
var inline = regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|javascript:|class="fault"`)

func checkPage(t *testing.T, address, body string) {
	t.Helper()
	if found := inline.FindString(body); found != "" {
		t.Errorf("%s has %q", address, found)
	}
	if strings.Contains(body, "<script>alert") || strings.ContainsAny(body, "\u202e\x1b\u009b") {
		t.Errorf("%s shows a hostile text as it came", address)
	}
}

// anchors finds the links of a page.
var anchors = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)

// links returns the addresses of a page, without fragments.
func links(t *testing.T, address, body string) (list []string) {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range anchors.FindAllStringSubmatch(body, -1) {
		to := html.UnescapeString(found[1])
		if strings.HasPrefix(to, "#") {
			continue
		}
		u, err := base.Parse(to)
		if err != nil {
			t.Fatalf("%s links to %q: %v", address, to, err)
		}
		if u.IsAbs() {
			if !strings.HasPrefix(to, "https://pkg.go.dev/cairncx.dev/cairn/") {
				t.Errorf("%s links to %s, which is not the documentation", address, to)
			}
			continue
		}
		u.Fragment = ""
		list = append(list, u.String())
	}
	return list
}

// TestEveryPageForEveryViewer asks for each page as each kind of viewer: what a viewer may not see is in no page.
func TestEveryPageForEveryViewer(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), crowd("ticket", "SECRETWORD"))
	pages := []string{"/", "/breakdowns", "/journeys", "/journeys/ticket", "/runs", "/runs/ticket/T%2F3%20SECRETWORD", "/customers/c003", "/support", "/support?day=2026-03-20", "/voice", "/goes-with", "/goes-with?bad=broken:solved", "/goes-with/examples?bad=broken:solved", "/journeys/ticket?by=team", "/reports", "/reports/week/2026-03-16.html"}
	for rights := range insight.Right(16) {
		c := served(t, table, console.WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Viewer{Rights: rights}, nil }))
		for _, page := range pages {
			w := request(c, http.MethodGet, page)
			body := w.Body.String()
			if w.Code == http.StatusInternalServerError {
				t.Errorf("%s: %s is answered with %d", rights, page, w.Code)
			}
			if rights&insight.Customers == 0 && (strings.Contains(body, "T/3 ") || strings.Contains(body, "c003")) {
				t.Errorf("%s: %s shows a single run or customer", rights, page)
			}
			if rights&insight.Words == 0 && strings.Contains(body, "it works") {
				t.Errorf("%s: %s shows what a customer wrote", rights, page)
			}
			if rights&insight.Numbers == 0 && strings.Contains(body, "%</p>") {
				t.Errorf("%s: %s shows a share", rights, page)
			}
		}
	}
	elsewhere := served(t, table, console.WithViewer(func(*http.Request) (insight.Viewer, error) {
		return insight.Viewer{Rights: insight.Numbers | insight.Customers | insight.Words, Journeys: []string{"order"}}, nil
	}))
	for _, page := range pages {
		if body := request(elsewhere, http.MethodGet, page).Body.String(); strings.Contains(body, "it works") || strings.Contains(body, "T/3 ") {
			t.Errorf("%s shows what is outside of the viewer's scope", page)
		}
	}
}
