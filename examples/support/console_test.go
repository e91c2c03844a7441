package main

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/examples/shop/centre"
)

// visitor reads pages, and follows where forms lead.
type visitor struct {
	t      *testing.T
	client *http.Client
	url    string
}

func (v *visitor) do(method, path, form string) (status int, body, at string) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, strings.NewReader(form))
	if err != nil {
		v.t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Request.URL.RequestURI()
}

// until reads a page until it has the text. The page has what was recorded when the archive was read again; the test ends by its own time limit otherwise.
func (v *visitor) until(path, text string) (body string) {
	v.t.Helper()
	for v.t.Context().Err() == nil {
		var status int
		if status, body, _ = v.do(http.MethodGet, path, ""); status == http.StatusOK && strings.Contains(body, text) {
			return body
		}
		if status != http.StatusOK && status != http.StatusServiceUnavailable {
			v.t.Fatalf("%s is answered with %d:\n%s", path, status, body)
		}
	}
	v.t.Fatalf("%s never has %q:\n%s", path, text, body)
	return ""
}

// TestServe: with -serve, customers have come before, the command centre shows them, finds one by the shop's own ID, and moves a complaint on.
func TestServe(t *testing.T) {
	address, stop := start(t, "-serve", "-weeks", "2", "-calls", "50")
	v := &visitor{t: t, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, url: address}
	now := v.until(centre.Path, "Objectives")
	for _, want := range []string{"Larkfield", "social-replies", "hotline-answered", "Said today", "complaint"} {
		if !strings.Contains(now, want) {
			t.Errorf("the page Now has no %q", want)
		}
	}
	if _, body, at := v.do(http.MethodPost, centre.Path+"find", url.Values{"q": {"M-10001"}}.Encode()); !strings.HasPrefix(at, centre.Path+"runs/matter/M-10001") || !strings.Contains(body, "M-10001") {
		t.Errorf("the search for a matter leads to %s", at)
	}
	found := false
	for _, id := range []string{"customer-2001", "customer-2002", "customer-2003", "customer-2004", "customer-2005", "customer-2006", "customer-2007", "customer-2008"} {
		status, body, at := v.do(http.MethodPost, centre.Path+"find", url.Values{"q": {id}}.Encode())
		found = found || status == http.StatusOK && strings.HasPrefix(at, centre.Path+"customers/")
		if strings.Contains(at+body[strings.Index(body, "<main"):], id) {
			t.Errorf("the page of a customer, or its address, has the own ID %s", id)
		}
	}
	if !found {
		t.Error("no customer is found by the own ID")
	}
	v.complaint()
	if status, body, _ := v.do(http.MethodGet, "/", ""); status != http.StatusOK || !strings.Contains(body, "Customer 1") {
		t.Errorf("the desk is answered with %d", status)
	}
	stdout, stderr, err := stop()
	if err != nil || !strings.Contains(stderr, "The command centre is at "+address+centre.Path) {
		t.Errorf("the command ends with %v, and says\n%s", err, stderr)
	}
	if n := strings.Count(stdout, "\n"); n > 500 {
		t.Errorf("the terminal has %d lines: the past is told on it", n)
	}
}

// complaint moves an open complaint on, as the page offers it.
func (v *visitor) complaint() {
	t := v.t
	t.Helper()
	list := v.until(centre.Path+"runs?journey=complaint", "runs/complaint/")
	run := regexp.MustCompile(`href="(` + centre.Path + `runs/complaint/[^"?]+)`).FindStringSubmatch(list)
	if run == nil {
		t.Fatalf("there is no open complaint:\n%s", list)
	}
	page := v.until(run[1], "<form")
	form := regexp.MustCompile(`(?s)<form class="act" method="post" action="([^"]*)">\s*<input type="hidden" name="form" value="followup"><input type="hidden" name="token" value="([^"]*)">`).FindStringSubmatch(page)
	if form == nil {
		t.Fatalf("the page of a complaint has no form:\n%s", page)
	}
	if status, body, _ := v.do(http.MethodPost, html.UnescapeString(form[1]), url.Values{"form": {"followup"}, "token": {form[2]}, "move": {"investigated"}, "note": {"we call the carrier"}}.Encode()); status != http.StatusOK {
		t.Fatalf("the move is answered with %d:\n%s", status, body)
	}
	v.until(run[1], "we call the carrier")
}
