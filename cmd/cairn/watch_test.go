package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// town fills the archive with 100 days of a shop: 60 runs a day, of which 6 fail. From two weeks ago on 24 fail, those of the release 2. The sink of a service writes
// them.
func town(t *testing.T, path string) {
	t.Helper()
	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	var list []event.Event
	add := func(e event.Event) {
		e.ID, e.Journey.Name = event.NewID(e.Time), "checkout"
		list = append(list, e)
	}
	for day := range 100 {
		at := today.AddDate(0, 0, day-100)
		for n := range 60 {
			bad, release := n%10 == 0, "1"
			if day >= 88 && n%10 >= 1 && n%10 <= 3 {
				bad, release = true, "2"
			}
			id, who, began := fmt.Sprintf("%d-%d", day, n), event.Customer{Hash: fmt.Sprintf("%032x", day*60+n)}, at.Add(time.Duration(n)*10*time.Minute)
			variant, run := &event.Variant{Release: release}, event.Run{ID: id}
			add(event.Event{Kind: event.JourneyStarted, Time: began, Journey: run, Customer: who, Variant: variant})
			end := event.Event{Kind: event.JourneyEnded, Time: began.Add(time.Minute), Journey: run, Customer: who, Variant: variant, Outcome: event.Completed, Duration: time.Minute}
			if bad {
				end.Outcome = event.Failed
			}
			add(end)
		}
	}
	for batch := range slices.Chunk(list, 6000) {
		if err := archive.Export(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestWatch: the command finds what has become worse, keeps it in the store, and delivers its steps to the archive; a second look continues the same breakdown, and
// a promise that is broken is told.
func TestWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archive, store, blueprint := filepath.Join(dir, "archive.db"), filepath.Join(dir, "watch.db"), filepath.Join(dir, "b.yaml")
	town(t, archive)
	write := func(confirm string) {
		text := strings.Replace(mendingBlueprint, "confirm: 1d", "confirm: "+confirm, 1)
		if err := os.WriteFile(blueprint, []byte(strings.Replace(text, "confirm: 4h", "confirm: "+confirm, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("1ms")
	askAboutBreakdowns(t, archive, blueprint)
	watches := func(more ...string) (code int, stdout, stderr string) {
		var out, errs bytes.Buffer
		args := append([]string{"watch", archive, "--store", "sqlite:" + store, "-b", blueprint, "--deliver", "--tz", "UTC"}, more...)
		code = run(t.Context(), args, nil, &out, &errs)
		return code, out.String(), errs.String()
	}
	code, stdout, stderr := watches("--once")
	if code != exitOK || stderr != "" || !regexp.MustCompile(`(?s)^\S+ \S+ found [0-9a-f]{32} The share of .* rose from 10.0% to [34][0-9.]+% since .*It goes with release 2, which began on .*more than usual met it.*\n1 breakdown and 0 improvements open\.\n$`).MatchString(stdout) {
		t.Fatalf("the first look: %d %s\n%s", code, stdout, stderr)
	}
	if strings.Count(stdout, "The share of ") != 1 {
		t.Errorf("the first look says the same twice:\n%s", stdout)
	}
	id := regexp.MustCompile(`[0-9a-f]{32}`).FindString(stdout)
	waitFor(t, func() bool { // until the promise is broken
		code, stdout, stderr = watches("--once", "--json")
		return code != exitOK || strings.Contains(stdout, `"overdue"`)
	})
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var first, last watchLine
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || code != exitOK || first.News != "overdue" || first.Promise != "confirmed" || first.ID != id || first.Customers < 100 {
		t.Fatalf("the second look: %d %v %s\n%s", code, err, stdout, stderr)
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.News != "open" || last.ID != id || len(last.Placed) != 1 || last.Placed[0].Value != "2" || len(lines) != 2 {
		t.Errorf("the second look ends with %v %s", err, stdout)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"breakdowns", "--archive", archive, "-b", blueprint, "--json"}, nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), id) {
		t.Errorf("the archive has no breakdown %s: %d %s%s", id, code, &out, &errs)
	}
	store = filepath.Join(dir, "another.db")
	if code, _, stderr := watches("--once"); code != exitOK || !strings.Contains(stderr, "the archive has 1 open breakdown that --store does not have") {
		t.Errorf("with a store that does not know the breakdown: %d %s", code, stderr)
	}
	store = filepath.Join(dir, "watch.db")
	watchUntilStopped(t, archive, store, blueprint)
}

// watchUntilStopped watches until the context ends, which SIGTERM ends in main, while another command looks once. The namespace is one that nothing was found in.
func watchUntilStopped(t *testing.T, archive, store, blueprint string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	var out, errs bytes.Buffer
	args := []string{"watch", archive, "--store", "sqlite:" + store, "-b", blueprint, "--deliver", "--namespace", "other"}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, nil, &locked{&mu, &out}, &locked{&mu, &errs}) }()
	waitFor(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(out.String(), " found ")
	})
	var said bytes.Buffer
	if code := run(t.Context(), append(args, "--once", "--wait", "100ms"), nil, &said, &said); code != exitDoubt || !strings.Contains(said.String(), "another instance watches") {
		t.Errorf("a second watch: %d %s", code, &said)
	}
	stop()
	if code := <-ended; code != exitOK || !regexp.MustCompile(`^cairn watch: looks at 1 chart every 5m, and 0 breakdowns are open so far\n$`).MatchString(errs.String()) {
		t.Errorf("a watch that is stopped ends with %d: %s", code, &errs)
	}
	said.Reset()
	if code := run(t.Context(), append(args, "--once"), nil, &said, &said); code != exitOK || !strings.Contains(said.String(), "1 breakdown and") {
		t.Errorf("the lease is not released: %d %s", code, &said)
	}
}

// locked is a writer that takes turns.
type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

// TestWatchRefused: what cannot be watched is said, and nothing is made.
func TestWatchRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := writer(t)
	with, without := write("with.yaml", mendingBlueprint), write("without.yaml", "version: 1\n")
	archive := filepath.Join(dir, "archive.db")
	town := func() {
		a, err := sqlarchive.OpenSQLite(archive)
		if err == nil {
			err = a.Ping(t.Context())
		}
		if err == nil {
			err = a.Shutdown(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	town()
	for _, c := range []struct{ name, args, want string }{
		{"a blueprint without breakdowns", archive + " --store sqlite:x.db -b " + without, "add the section breakdowns"},
		{"an archive that is not there", filepath.Join(dir, "none.db") + " --store sqlite:x.db -b " + with, "no such file"},
		{"a store that is not there", archive + " --store sqlite:" + filepath.Join(dir, "x.db") + " -b " + with, "no such file or directory: check --store, or set --deliver"},
		{"a store that is no URL", archive + " --store http://x -b " + with, "the store's URL cannot be read"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"watch", "--once"}, strings.Fields(c.args)...), nil, &out, &errs); code != exitFault || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %d %s%s, want …%s…", c.name, code, &out, &errs, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "x.db")); err == nil {
		t.Error("a store was made")
	}
}

// askAboutBreakdowns looks at the charts without a store.
func askAboutBreakdowns(t *testing.T, archive, blueprint string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"ask", "breakdowns", blueprint, archive}, nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), "rose from 10.0% to ") ||
		!regexp.MustCompile(`release = 2\n`).MatchString(out.String()) {
		t.Errorf("ask: %d\n%s%s", code, &out, &errs)
	}
	out.Reset()
	if code := run(t.Context(), []string{"ask", "breakdowns", "--where", "release=1", blueprint, archive}, nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), "Nothing has lastingly become worse or better, in ") {
		t.Errorf("ask about the old release: %d\n%s%s", code, &out, &errs)
	}
}
