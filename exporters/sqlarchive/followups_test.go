package sqlarchive_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

// complaints records follow-ups from noon on, as a service does, and returns the archive's file.
func complaints(t *testing.T) string {
	t.Helper()
	path := temp(t)
	a := open(t, path, sqlarchive.WithoutFsync())
	f := feedback.DefineFollowUp("complaint", feedback.AcknowledgeWithin(24*time.Hour), feedback.AnswerWithin(5*24*time.Hour),
		feedback.ConfirmWithin(14*24*time.Hour))
	clock := noon
	client, err := cx.New(cx.WithExporters(a), cx.WithDefinitions(f), cx.WithClock(func() time.Time { return clock }), cx.WithSweepInterval(time.Hour),
		cx.WithCustomerKey([]byte("a key of at least 16 bytes")))
	if err != nil {
		t.Fatal(err)
	}
	ctx := cx.NewContext(context.Background(), client)
	after := func(hours int) {
		clock = noon.Add(time.Duration(hours) * time.Hour)
		client.Sweep(ctx)
	}
	ann := event.Customer{ID: "ann", Segment: "gold"}
	late := f.Open(ctx, "late", ann, feedback.Owner("care"), feedback.Severity("high"), feedback.About("checkout", "o-7"))
	fine := f.Open(ctx, "fine", ann)
	after(2)
	fine = f.Acknowledge(fine, feedback.Owner("care"))
	late = f.Escalate(late, feedback.Owner("legal"))
	after(30)
	slow := f.Open(ctx, "slow", ann)
	told := f.Open(ctx, "told", ann)
	f.Tell(told, feedback.Remedy("refund"))
	done := f.Open(ctx, "done", ann)
	f.Confirm(f.Tell(done))
	after(60)
	f.Acknowledge(slow) // late, but done
	if err := client.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, _ = late, fine
	return path
}

// TestFollowUps: the reader returns what the steps have said last, and which promises customers wait for.
func TestFollowUps(t *testing.T) {
	t.Parallel()
	r, err := sqlarchive.ReadSQLite(background, complaints(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	now := noon.Add(61 * time.Hour)
	want := map[string]string{ // owner, severity, step, what is waited for; * is overdue
		"late": "legal high escalated acknowledged*,answered checkout o-7", "fine": "care  acknowledged answered", "slow": "  acknowledged answered",
		"told": "  told ", "done": "  confirmed ",
	}
	for _, c := range []struct {
		reason string
		which  sqlarchive.WhichFollowUps
		ids    string
	}{
		{"all that are open, the oldest first", sqlarchive.WhichFollowUps{}, "fine late slow told"},
		{"and those that have ended", sqlarchive.WhichFollowUps{Ended: true}, "fine late done slow told"},
		{"of another name", sqlarchive.WhichFollowUps{Name: "claim"}, ""},
		{"of another namespace", sqlarchive.WhichFollowUps{Namespace: "other"}, ""},
		{"one", sqlarchive.WhichFollowUps{Namespace: "default", Name: "complaint", ID: "late"}, "late"},
	} {
		list, err := r.FollowUps(background, c.which)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for i := range list {
			f := &list[i]
			ids = append(ids, f.ID)
			var waits []string
			for _, p := range f.Waiting() {
				name := p.Name
				if !p.Due.After(now) {
					name += "*"
				}
				waits = append(waits, name)
			}
			got := strings.Join([]string{f.Owner, f.Severity, f.Step(), strings.Join(waits, ",")}, " ")
			if f.About.ID != "" {
				got += " " + f.About.Name + " " + f.About.ID
			}
			if got != want[f.ID] {
				t.Errorf("%s: %s is %q, want %q: %+v", c.reason, f.ID, got, want[f.ID], f)
			}
			if p, overdue := f.Overdue(now); overdue != (f.ID == "late") || overdue && p.Name != "acknowledged" {
				t.Errorf("%s: %s is overdue: %v, %+v", c.reason, f.ID, overdue, p)
			}
			if f.Customer == "" || f.Segment != "gold" || f.Opened.IsZero() || f.Ended.IsZero() == (f.ID == "done") {
				t.Errorf("%s: %+v", c.reason, f)
			}
		}
		if got := strings.Join(ids, " "); got != c.ids {
			t.Errorf("%s: %q, want %q", c.reason, got, c.ids)
		}
	}
	events, err := r.Run(background, event.RunRef{Namespace: "default", Name: "complaint", ID: "late"})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i := range events {
		kinds = append(kinds, string(events[i].Kind)+" "+events[i].Stage)
	}
	if all := strings.Join(kinds, ", "); !strings.Contains(all, "journey.stage.entered escalated") || !strings.Contains(all, "promise.broken") {
		t.Errorf("the history is %s", all)
	}
}

// TestReadNothing: the error says what is wrong with the file.
func TestReadNothing(t *testing.T) {
	t.Parallel()
	path := complaints(t)
	for _, c := range []struct {
		name string
		do   string
		want error
	}{
		{"an older archive", "PRAGMA user_version = 4", sqlarchive.ErrOlder},
		{"a newer archive", "PRAGMA user_version = 99", sqlarchive.ErrNewer},
		{"another file", "PRAGMA application_id = 1", sqlarchive.ErrNotOurs},
	} {
		do(t, raw(t, path), c.do)
		if _, err := sqlarchive.ReadSQLite(background, path); !errors.Is(err, c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := sqlarchive.ReadSQLite(background, path+".none"); err == nil {
		t.Error("a file that is not there is read")
	}
	if err := (*sqlarchive.Reader)(nil).Close(); err != nil {
		t.Error(err)
	}
}
