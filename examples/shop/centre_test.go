package main

import (
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/examples/shop/centre"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestCentre: the storefront has the command centre over its own archive, which has the customers of a crowd by itself, for this machine's browsers alone.
func TestCentre(t *testing.T) {
	const customers = 12
	pay := startProcess(t, "payments")
	archive := filepath.Join(t.TempDir(), "shop.db")
	front := startProcess(t, "storefront", "-payments", pay.url, "-export", "sqlite:"+archive, "-mail", "127.0.0.1:25")
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
	dailyOf(t, archive)
}

// dailyOf makes the report of today from the archive, as the plan of -mail does.
func dailyOf(t *testing.T, archive string) {
	t.Helper()
	all, err := blueprint.From(experience.Definitions()...)
	if err != nil {
		t.Fatal(err)
	}
	table, err := insight.New(all)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := sqlarchive.ReadSQLite(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if err := table.Load(t.Context(), reader); err != nil {
		t.Fatal(err)
	}
	plan, err := dailyReport(table, "127.0.0.1:25", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Make(t.Context(), report.Day.Current(time.Now().UTC()))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Text(&text, 100); err != nil || !strings.Contains(r.Subject(), "Waymark") || !strings.Contains(text.String(), "checkout") {
		t.Errorf("the report of the day is %q, %v:\n%s", r.Subject(), err, &text)
	}
}

// TestMailFlag: the report goes to a server of this machine, from an archive.
func TestMailFlag(t *testing.T) {
	for args, want := range map[string]string{
		"-mail 127.0.0.1:25 -service payments": "-mail", "-mail 127.0.0.1:25 -traffic 3": "-mail", "-mail here": "host and a port", "-mail mail.example.com:25": "WithPlainLoopback",
	} {
		if err := run(t.Context(), strings.Fields(args), noEnv, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", args, err, want)
		}
	}
}
