package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/shop/crowd"
)

// TestCentre: the storefront has the command centre over its own archive, which has the customers of a crowd by itself, for this machine's browsers alone.
func TestCentre(t *testing.T) {
	const customers = 12
	pay := startProcess(t, "payments")
	front := startProcess(t, "storefront", "-payments", pay.url)
	get := func(path string, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front.url+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if len(header) > 0 {
			r.Header.Set(header[0], header[1])
		}
		w, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Body.Close() }()
		body, err := io.ReadAll(w.Body)
		if err != nil {
			t.Fatal(err)
		}
		return w.StatusCode, string(body)
	}
	if _, err := (&crowd.Driver{Storefront: front.url, Customers: customers}).FirstDay(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"": "Waymark", "journeys/checkout": "confirmation", "runs?journey=checkout": centre.Path + "runs/checkout/"}
	for path, text := range want {
		for { // the page has it when the archive was read again; the test ends by its own time limit otherwise
			status, body := get(centre.Path + path)
			if status == http.StatusOK && strings.Contains(body, text) {
				break
			}
			if status != http.StatusOK && status != http.StatusServiceUnavailable || t.Context().Err() != nil {
				t.Fatalf("%s is answered with %d, and has no %q:\n%s", path, status, text, body)
			}
		}
	}
	if status, _ := get(centre.Path, "X-Forwarded-For", "192.0.2.1"); status != http.StatusForbidden {
		t.Errorf("a request through a proxy is answered with %d", status)
	}
	if status, body := get("/"); status != http.StatusOK || strings.Contains(body, "Objectives") {
		t.Errorf("the shop is answered with %d", status)
	}
	front.kill(t)
	pay.kill(t)
	if said := front.stderr.String(); !strings.Contains(said, "The command centre is at "+front.url+centre.Path) {
		t.Errorf("the storefront says\n%s", said)
	}
}
