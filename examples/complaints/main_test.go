package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestComplaints: a letter that has lain for two days is an overdue follow-up, under the ID that the service answers.
func TestComplaints(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, listener, "blueprint.yaml", folder) }()
	post := func(form url.Values) (int, string) {
		resp, err := http.PostForm("http://"+listener.Addr().String()+"/complaints", form) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, strings.TrimSpace(string(body))
	}
	_, id := post(url.Values{"customer": {"ann"}, "text": {"the parcel was open"}, "received": {time.Now().Add(-48 * time.Hour).Format(time.RFC3339)}})
	if code, body := post(url.Values{"received": {"yesterday"}}); code != http.StatusBadRequest || !strings.Contains(body, "no time") {
		t.Errorf("a time that is none: %d %s", code, body)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r, err := sqlarchive.ReadSQLite(t.Context(), filepath.Join(folder, "archive.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list, err := r.FollowUps(t.Context(), sqlarchive.WhichFollowUps{})
	if err != nil || len(list) != 1 || list[0].ID != id || list[0].Owner != "care" {
		t.Fatalf("the archive has %+v, %v: want one of care with the ID %s", list, err, id)
	}
	if p, overdue := list[0].Overdue(time.Now()); !overdue || p.Name != "acknowledged" {
		t.Errorf("overdue %v: %+v", overdue, p)
	}
}
