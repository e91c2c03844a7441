package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/console"
	"cairncx.dev/cairn/cx/insight"
)

// TestThisMachineAlone sends requests to a console without a viewer.
func TestThisMachineAlone(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	for _, of := range []struct {
		peer, host, header string
		in                 bool
		reason             string
	}{
		{"127.0.0.1:5", "127.0.0.1:8080", "", true, "the machine's own address"},
		{"127.8.9.1:5", "localhost", "", true, "all of 127/8 is loopback"},
		{"[::1]:5", "[::1]:8080", "", true, "IPv6"},
		{"[::ffff:127.0.0.1]:5", "LOCALHOST:80", "", true, "an IPv4 address in IPv6, and a name in capitals"},
		{"192.0.2.1:5", "127.0.0.1:8080", "", false, "another machine"},
		{"127.0.0.1:5", "evil.example", "", false, "a name that points here: DNS rebinding"},
		{"127.0.0.1:5", "localhost.evil.example", "", false, "a name that begins like this machine's"},
		{"127.0.0.1:5", "", "", false, "no name"},
		{"127.0.0.1:5", "127.0.0.1", "X-Forwarded-For", false, "a proxy on this machine"},
		{"127.0.0.1:5", "127.0.0.1", "Forwarded", false, "a proxy that keeps the standard"},
		{"127.0.0.1:5", "127.0.0.1", "X-Real-IP", false, "nginx"},
		{"127.0.0.1:5", "127.0.0.1", "Via", false, "a proxy that names itself"},
		{"@", "localhost", "", false, "a peer without an address, such as a socket of a proxy"},
	} {
		w := request(c, http.MethodGet, "/", func(r *http.Request) {
			r.RemoteAddr, r.Host = of.peer, of.host
			if of.header != "" {
				r.Header.Set(of.header, "192.0.2.1")
			}
		})
		if (w.Code == http.StatusOK) != of.in {
			t.Errorf("%s: peer %s, host %q, header %q are answered with %d", of.reason, of.peer, of.host, of.header, w.Code)
		}
		if !of.in && strings.Contains(w.Body.String(), "solved") {
			t.Errorf("%s: the refusal has numbers", of.reason)
		}
	}
}

// TestHeaders looks at what every answer has.
func TestHeaders(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	for _, address := range []string{"/", "/voice", "/nothing", "/runs?sort=up", "/journeys/none"} {
		h := request(c, http.MethodGet, address).Header()
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", address, policy)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: the headers are %v", address, h)
		}
	}
}

// TestOtherSites sends forms from other sites.
func TestOtherSites(t *testing.T) {
	t.Parallel()
	c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")))
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		w := request(c, http.MethodPost, "/find", func(r *http.Request) { r.Header.Set(header, value) })
		if w.Code != http.StatusForbidden {
			t.Errorf("a form with %s: %s is answered with %d", header, value, w.Code)
		}
	}
	for _, address := range []string{"/", "/runs", "/voice", "/find"} {
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
			if w := request(c, method, address); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is answered with %d", method, address, w.Code)
			}
		}
	}
}

// TestRefusals looks at what a reader hears whom the application refuses: nothing of the application's error.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		err  error
		want int
	}{{fmt.Errorf("%w: cookie of jane@example.com", console.ErrNotSignedIn), http.StatusUnauthorized}, {errors.New("jane@example.com was dismissed"), http.StatusForbidden}} {
		c := served(t, loaded(t, desk("ticket"), crowd("ticket", "")), console.WithViewer(func(*http.Request) (insight.Viewer, error) { return insight.Viewer{}, of.err }))
		for _, address := range []string{"/", "/live", "/reports/week/2026-03-16.csv"} {
			w := request(c, http.MethodGet, address)
			if w.Code != of.want || strings.Contains(w.Body.String(), "jane") {
				t.Errorf("%s is answered with %d: %s", address, w.Code, w.Body)
			}
		}
	}
}

// TestFaultLeadsOn: a page that says what is wrong has the search that it names, and the places that the reader may see. One who may not see the console gets neither.
func TestFaultLeadsOn(t *testing.T) {
	t.Parallel()
	table := loaded(t, desk("ticket"), crowd("ticket", ""))
	for _, c := range []struct {
		reason  string
		viewer  insight.Viewer
		err     error
		address string
		status  int
		has     []string
		not     []string
	}{
		{"a run that there is not", insight.Everything(), nil, "/runs/ticket/none", 404, []string{`action="/find"`, `href="/runs"`, `href="/voice"`}, nil},
		{"an address of hand", insight.Everything(), nil, "/?last=never", 400, []string{`action="/find"`, `href="/journeys"`, "last=&#34;never&#34;: give a number of days"}, nil},
		{"no right to single runs", insight.Viewer{Rights: insight.Numbers}, nil, "/runs/ticket/none", 403, []string{`href="/voice"`}, []string{`href="/runs"`}},
		{"no right at all", insight.Viewer{}, errors.New("not of us"), "/runs/ticket/none", 403, nil, []string{`action="/find"`, `href="/voice"`}},
		{"not known", insight.Viewer{}, console.ErrNotSignedIn, "/", 401, nil, []string{`action="/find"`, `href="/voice"`}},
	} {
		page := served(t, table, console.WithViewer(func(*http.Request) (insight.Viewer, error) { return c.viewer, c.err }))
		w := request(page, http.MethodGet, c.address)
		if w.Code != c.status {
			t.Errorf("%s: it is answered with %d, want %d", c.reason, w.Code, c.status)
		}
		for _, text := range c.has {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: the page does not have %s", c.reason, text)
			}
		}
		for _, text := range c.not {
			if strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: the page has %s", c.reason, text)
			}
		}
	}
}

// TestNamesInScope: a page names no journey and no promise that the reader may not see.
func TestNamesInScope(t *testing.T) {
	t.Parallel()
	b := desk("ticket")
	b.Journeys[0].Promises[0].Name = "unseen-promise"
	viewer := insight.Viewer{Rights: insight.Numbers | insight.Customers}
	c := served(t, loaded(t, b, crowd("ticket", "")), console.WithViewer(func(*http.Request) (insight.Viewer, error) { return viewer, nil }))
	for _, of := range []struct {
		journeys, owners []string
		has              bool
	}{{nil, nil, true}, {nil, []string{"support"}, true}, {[]string{"order"}, nil, false}, {nil, []string{"shop"}, false}} {
		viewer.Journeys, viewer.Owners = of.journeys, of.owners
		if body := request(c, http.MethodGet, "/goes-with").Body.String(); strings.Contains(body, "unseen-promise") != of.has {
			t.Errorf("scope %v %v: want the promise named: %v", of.journeys, of.owners, of.has)
		}
	}
}
