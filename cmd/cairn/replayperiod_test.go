package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"cairncx.dev/cairn/cx/event"
)

func TestPeriod(t *testing.T) {
	t.Parallel()
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	saoPaulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	utc := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	tests := []struct {
		name, from, until string
		zone              *time.Location
		in, out           []string
		reason            string
	}{
		{"open", "", "", time.UTC, []string{"1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z"}, nil, "no period is set"},
		{
			"a day", "2026-01-31", "2026-01-31", time.UTC,
			[]string{"2026-01-31T00:00:00Z", "2026-01-31T23:59:59.999999999Z"},
			[]string{"2026-01-30T23:59:59.999999999Z", "2026-02-01T00:00:00Z"},
			"a date stands for the whole day",
		},
		{
			"a day elsewhere", "2026-01-31", "2026-01-31", amsterdam,
			[]string{"2026-01-30T23:00:00Z", "2026-01-31T22:59:59.999999999Z"},
			[]string{"2026-01-30T22:59:59Z", "2026-01-31T23:00:00Z"},
			"in the zone of the log",
		},
		{
			"the day of 23 hours", "2026-03-29", "2026-03-29", amsterdam,
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999999999Z"},
			[]string{"2026-03-28T22:59:59Z", "2026-03-29T22:00:00Z"},
			"the clocks go forward on that day",
		},
		{
			"the day of 25 hours", "2026-10-25", "2026-10-25", amsterdam,
			[]string{"2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999999999Z"},
			[]string{"2026-10-24T21:59:59Z", "2026-10-25T23:00:00Z"},
			"the clocks go back on that day",
		},
		{
			"the day without a midnight", "2018-11-04", "2018-11-04", saoPaulo,
			[]string{"2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999999Z"},
			[]string{"2018-11-04T02:59:59Z", "2018-11-05T02:00:00Z"},
			"the clocks go from 00:00 to 01:00 at its beginning",
		},
		{
			"the day before that", "2018-11-03", "2018-11-03", saoPaulo,
			[]string{"2018-11-03T03:00:00Z", "2018-11-04T02:59:59.999999999Z"},
			[]string{"2018-11-03T02:59:59Z", "2018-11-04T03:00:00Z"},
			"the day keeps its last hour",
		},
		{
			"a day in other words", "2026/01/31", "31 Jan 2026", time.UTC,
			[]string{"2026-01-31T00:00:00Z", "2026-01-31T23:59:59.999999999Z"},
			[]string{"2026-01-30T23:59:59.999999999Z", "2026-02-01T00:00:00Z"},
			"a date in any format stands for the whole day",
		},
		{
			"a day as Americans write it", "2026.1.31", "January 31, 2026", time.UTC,
			[]string{"2026-01-31T00:00:00Z", "2026-01-31T23:59:59.999999999Z"},
			[]string{"2026-01-30T23:59:59.999999999Z", "2026-02-01T00:00:00Z"},
			"a date in any format stands for the whole day",
		},
		{
			"midnight", "31 Jan 2026 00:00", "Jan 31 00:00:00 2026", time.UTC,
			[]string{"2026-01-31T00:00:00Z"},
			[]string{"2026-01-30T23:59:59.999999999Z", "2026-01-31T00:00:00.000000001Z"},
			"a date with a time of day is an instant",
		},
		{
			"instants", "2026-01-31T09:00:00+01:00", "2026-01-31 09:30", amsterdam,
			[]string{"2026-01-31T08:00:00Z", "2026-01-31T08:30:00Z"},
			[]string{"2026-01-31T07:59:59.999999999Z", "2026-01-31T08:30:00.000000001Z"},
			"both ends are in the period",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := parsePeriod(tt.from, tt.until, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range tt.in {
				if !p.holds(utc(text)) {
					t.Errorf("%s is not in the period: %s", text, tt.reason)
				}
			}
			for _, text := range tt.out {
				if p.holds(utc(text)) {
					t.Errorf("%s is in the period: %s", text, tt.reason)
				}
			}
		})
	}
	for _, wrong := range [][2]string{{"soon", ""}, {"", "2026-02-30"}, {"2026-02-01", "2026-01-31"}} {
		_, err := parsePeriod(wrong[0], wrong[1], time.UTC)
		if err == nil {
			t.Errorf("the period from %q until %q is accepted", wrong[0], wrong[1])
			continue
		}
		for i, flag := range []string{"--from", "--until"} {
			if want := fmt.Sprintf("%s %q", flag, wrong[i]); wrong[i] != "" && !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %q, want it to contain %s", err, want)
			}
		}
	}
}

// TestCountedByStart: the start of a run decides whether its events count.
func TestCountedByStart(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Unix(int64(60*minute), 0) }
	c := newCounted(period{from: at(10), until: at(20)})
	touch := func(minute int, journey, id string) *event.Event {
		return &event.Event{Kind: event.TouchpointEnded, Time: at(minute), Journey: event.Run{Name: journey, ID: id}}
	}
	began := touch(15, "checkout", "older than the log")
	began.Journey.Started = at(5)
	tests := []struct {
		reason string
		e      *event.Event
		want   bool
	}{
		{"the run begins before the period", touch(9, "checkout", "1"), false},
		{"the run begins at the first instant", touch(10, "checkout", "2"), true},
		{"the run has begun before the period", touch(11, "checkout", "1"), false},
		{"the same ID is another run in another journey", touch(12, "return", "1"), true},
		{"the event gives an earlier start", began, false},
		{"an earlier event has given an earlier start", touch(16, "checkout", "older than the log"), false},
		{"an event without a run, in the period", &event.Event{Kind: event.FeedbackReceived, Time: at(17)}, true},
		{"the run begins at the last instant", touch(20, "checkout", "3"), true},
		{"the run begins after the period", touch(21, "checkout", "4"), false},
		{"the run began in the period", touch(500, "checkout", "2"), true},
		{"an event without a run, after the period", &event.Event{Kind: event.FeedbackReceived, Time: at(501)}, false},
	}
	for _, tt := range tests {
		if got := c.has(tt.e); got != tt.want {
			t.Errorf("has returns %v: %s", got, tt.reason)
		}
	}
}

// TestExpectChangesTheReport: the report measures the log against the blueprint's expect.
func TestExpectChangesTheReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "log.csv")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("log.csv", "case,activity,time\n1,ask,2026-01-01 00:00\n1,answer,2026-01-03 00:00\n2,ask,2026-01-01 00:00\n2,answer,2026-01-06 00:00\n3,ask,2026-01-01 00:00\n")
	blueprint := func(expect string) string {
		return write(expect+".yaml", "version: 1\njourneys: [{name: ticket, stages: [{name: asked, expect: "+expect+"}, {name: answered}]}]\n"+
			"touchpoints: [{name: ask, journey: ticket, stage: asked}, {name: answer, journey: ticket, stage: answered, ends: completed}]\n")
	}
	for expect, want := range map[string]int64{"1m": 3, "2d": 3, "3d": 2, "5d": 2, "6d": 0} {
		bp := blueprint(expect)
		r := replayed(t, "--blueprint", bp, "--map", "case=case,activity=activity,time=time", file)
		s := r.Journeys[0].Stages[0]
		if s.Stalled != want || s.Visits != 3 || s.StalledShare != float64(want)/3 {
			t.Errorf("with an expect of %s, %d of %d visits are stalled (%v); want %d of 3", expect, s.Stalled, s.Visits, s.StalledShare, want)
		}
		var text, stderr bytes.Buffer
		if code := run(t.Context(), []string{"replay", "--blueprint", bp, "--map", "case=case,activity=activity,time=time", file}, nil, &text, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		if !strings.Contains(text.String(), "Promised time") {
			t.Errorf("the text lacks the promise:\n%s", &text)
		}
	}
}
