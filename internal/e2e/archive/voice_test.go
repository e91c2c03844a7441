//go:build unix

package archive_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// voiceOf asks what customers say, of a source.
func voiceOf(t *testing.T, s insight.Source, w insight.Which) (insight.Voice, string) {
	t.Helper()
	table, err := insight.New(&blueprint.Blueprint{Actions: []blueprint.Action{{Name: "improvement"}}})
	if err == nil {
		err = table.Load(t.Context(), s)
	}
	if err != nil {
		t.Fatal(err)
	}
	voice, err := table.View(insight.Everything(), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)).Voice(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(&voice)
	if err != nil {
		t.Fatal(err)
	}
	return voice, string(text)
}

// TestVoiceInSQL: insight's answer about what customers say has the same bytes from both databases, whatever the order of arrival; the weeks that it shows are those of the
// documented query, and what was acted on is that of feedback.CountActedOn.
func TestVoiceInSQL(t *testing.T) {
	surveys := surveyed(1500, 7)
	events := slices.Clone(surveys)
	for _, e := range heard(3) {
		e.ID[12] = 99 // apart from those of surveyed
		if f := e.Feedback; f != nil && f.Survey == "s" {
			f.Survey, f.Source = "", "letters"
			if e.Kind == event.FeedbackReceived {
				e.Kind = event.FeedbackMentioned
			}
			if !f.Amends.IsZero() {
				f.Amends[12] = 99
			}
		}
		if a := e.Action; a != nil {
			for i := range a.Feedbacks {
				a.Feedbacks[i][12] = 99
			}
		}
		events = append(events, e)
	}
	which := insight.Which{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	inPostgres := openPostgres(t, pool(t, server), sqlarchive.WithSchema("voice"))
	path := filepath.Join(t.TempDir(), "voice.db")
	inSQLite, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	shuffled(t, down(t, inSQLite), events, 1)
	shuffled(t, inPostgres, events, 2)
	lite, err := sqlarchive.ReadSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lite.Close() })
	voice, text := voiceOf(t, lite, which)
	if _, other := voiceOf(t, read(t, server.URL(), sqlarchive.WithSchema("voice")), which); other != text {
		t.Errorf("SQLite and PostgreSQL have different answers:\n%s\n%s", text, other)
	}
	want := map[string]bool{}
	for _, row := range weekly(surveys) {
		want[row] = true
	}
	shown := 0
	for _, s := range voice.Surveys {
		if s.Scale != event.CSAT {
			continue
		}
		for _, w := range s.Weeks {
			if w.Answers.Hidden || w.Answers.N == 0 {
				continue
			}
			p := w.Answers.Positive
			row := fmt.Sprintf("%s | %s | %s | %d | %d | %.1f | %.1f | %.1f", w.From.Format(time.DateOnly), s.Name, s.Version, p.N, p.Count, 100*p.Value, 100*p.Low, 100*p.High)
			if shown++; !want[row] {
				t.Errorf("the week %q is not that of SQL", row)
			}
		}
	}
	acted := feedback.CountActedOn(slices.Values(events), which.From, which.Until)
	days, _ := acted.MedianDays()
	if a := voice.Actions; a.ActedOn.Count != int64(acted.Acted) || a.ActedOn.N != int64(acted.WithCause) || a.Days != days || acted.Acted == 0 {
		t.Errorf("%v after %v days, want %+v", a.ActedOn, a.Days, acted)
	}
	if shown < 8 || len(voice.Actions.List) < 4 || voice.Mentions.N < 50 {
		t.Errorf("the answer shows too little: %d weeks, %d actions, %d mentions", shown, len(voice.Actions.List), voice.Mentions.N)
	}
}
