package touchpoint_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

var recordPolicy = touchpoint.DefineContactPolicy("contacts",
	touchpoint.Purpose("offer", touchpoint.NeedsConsent(), touchpoint.StoppedBy("complaint"), touchpoint.Cap(9, 24*time.Hour)),
	touchpoint.Purpose("survey", touchpoint.Cap(9, 48*time.Hour)), touchpoint.ContactWait(time.Second))

// pseudonym is a pseudonym, written from the documents of cx.WithCustomerKey.
func pseudonym(id string) string {
	m := hmac.New(sha256.New, []byte(importKey))
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil))[:32]
}

// TestRecord: everything that is recorded of a customer is in the record, and what is over is not.
func TestRecord(t *testing.T) {
	t.Parallel()
	ctx := registry(t, new(memory.Store))
	alice := event.Customer{ID: "alice"}
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	begin := time.Now().Add(-time.Minute)
	noFault(t, recordPolicy.Consent(ctx, alice, touchpoint.Permit{Purpose: "offer", Source: "form", At: day(1)}))
	noFault(t, recordPolicy.Withdraw(ctx, alice, touchpoint.Permit{Purpose: "offer", Channel: event.Phone, At: day(2)}))
	moved := touchpoint.Suppression{Reason: touchpoint.Moved, Channel: event.Post, Source: "post office", At: day(3)}
	noFault(t, recordPolicy.Suppress(ctx, alice, moved))
	noFault(t, recordPolicy.Lift(ctx, alice, touchpoint.Suppression{Reason: touchpoint.Moved, Channel: event.Post, At: day(5)}, "employee-7"))
	noFault(t, recordPolicy.Suppress(ctx, alice, touchpoint.Suppression{Reason: touchpoint.OptedOut, Purpose: "survey", Channel: event.Phone, At: day(4)}))
	used, open, released := recordPolicy.Ask(ctx, alice, "offer", event.Email), recordPolicy.Ask(ctx, alice, "survey", event.Email), recordPolicy.Ask(ctx, alice, "survey", event.Email)
	if !used.Use(ctx) || !open.OK() {
		t.Fatalf("the grants are %q and %q", used.Reason(), open.Reason())
	}
	released.Release(ctx)
	noFault(t, recordPolicy.OpenHold(ctx, alice, "complaint", "ticket-1"))
	noFault(t, recordPolicy.OpenHold(ctx, alice, "complaint", "ticket-2"))
	noFault(t, recordPolicy.CloseHold(ctx, alice, "complaint", "ticket-1"))
	noFault(t, recordPolicy.Represent(ctx, alice, "employee-1"))

	got, err := recordPolicy.Record(ctx, alice)
	noFault(t, err)
	want := &touchpoint.ContactRecord{
		Customer: pseudonym("alice"),
		Permits: []touchpoint.RecordedPermit{
			{Purpose: "offer", Given: true, At: day(1), Source: "form"},
			{Purpose: "offer", Channel: event.Phone, At: day(2)},
		},
		Suppressions: []touchpoint.RecordedSuppression{
			{Reason: touchpoint.Moved, Channel: event.Post, At: day(3), Source: "post office", LiftedAt: day(5), LiftedBy: "employee-7"},
			{Reason: touchpoint.OptedOut, Purpose: "survey", Channel: event.Phone, At: day(4)},
		},
		Contacts: []touchpoint.RecordedContact{
			{Grant: used.ID(), Purpose: "offer", Channel: event.Email, Used: true},
			{Grant: open.ID(), Purpose: "survey", Channel: event.Email},
		},
		Holds:          []touchpoint.RecordedHold{{Name: "complaint", Ref: pseudonym("ticket-2")}},
		Representative: pseudonym("employee\x00employee-1"),
	}
	times := cmpopts.IgnoreFields(touchpoint.RecordedContact{}, "At", "Until")
	if d := cmp.Diff(want, got, times, cmpopts.IgnoreFields(touchpoint.RecordedHold{}, "At"), cmpopts.IgnoreFields(touchpoint.ContactRecord{}, "RepresentedSince")); d != "" {
		t.Errorf("the record (-want +got):\n%s", d)
	}
	for _, at := range []time.Time{got.Contacts[0].At, got.Contacts[1].At, got.Holds[0].At, got.RepresentedSince} {
		if at.Before(begin) || at.After(time.Now().Add(time.Minute)) || at.Location() != time.UTC {
			t.Errorf("the record has the time %v, want now in UTC", at)
		}
	}
	for i, life := range []time.Duration{24 * time.Hour, 10 * time.Minute} {
		if c := got.Contacts[i]; c.Until.Sub(c.At) != life {
			t.Errorf("contact %d counts for %v, want %v", i, c.Until.Sub(c.At), life)
		}
	}
	if b, err := json.Marshal(got); err != nil || strings.Contains(string(b), "null") || !strings.Contains(string(b), `"channel":"phone"`) || strings.Contains(string(b), "0001-01-01") {
		t.Errorf("the record in JSON is %s, %v", b, err)
	}
	if _, err := recordPolicy.Record(ctx, event.Customer{ID: "bob"}); !errors.Is(err, touchpoint.ErrNoRecord) {
		t.Errorf("a customer without a record: %v", err)
	}
	if byHash, err := recordPolicy.Record(ctx, event.Customer{Hash: want.Customer}); err != nil || !cmp.Equal(byHash, got) {
		t.Errorf("by pseudonym the record is %+v, %v", byHash, err)
	}
}

// TestRepresentative: one employee at a time is responsible for a customer, and none after "".
func TestRepresentative(t *testing.T) {
	t.Parallel()
	ctx := registry(t, new(memory.Store))
	alice := event.Customer{ID: "alice"}
	by := func(employee string, want bool) {
		t.Helper()
		if got, err := recordPolicy.RepresentedBy(ctx, alice, employee); got != want || err != nil {
			t.Errorf("represented by %s: %v, %v", employee, got, err)
		}
	}
	by("employee-1", false)
	noFault(t, recordPolicy.Represent(ctx, alice, "employee-1"))
	by("employee-1", true)
	by("employee-2", false)
	noFault(t, recordPolicy.Represent(ctx, alice, "alice"))
	by("employee-1", false)
	by("alice", true)
	if r, err := recordPolicy.Record(ctx, alice); err != nil || r.Representative == r.Customer {
		t.Errorf("an employee and a customer with the same ID have the same pseudonym: %+v, %v", r, err)
	}
	noFault(t, recordPolicy.Represent(ctx, alice, ""))
	by("alice", false)
	if _, err := recordPolicy.Record(ctx, alice); !errors.Is(err, touchpoint.ErrNoRecord) {
		t.Errorf("without a representative the record is %v", err)
	}

	var none *touchpoint.ContactPolicy
	for _, test := range []struct {
		name string
		call func() error
		want string
	}{
		{"a nil policy sets", func() error { return none.Represent(ctx, alice, "x") }, "policy is nil"},
		{"a nil policy reads", func() error { _, err := none.RepresentedBy(ctx, alice, "x"); return err }, "policy is nil"},
		{"a nil policy shows", func() error { _, err := none.Record(ctx, alice); return err }, "policy is nil"},
		{"no client", func() error { _, err := recordPolicy.Record(context.Background(), alice); return err }, "no client"},
		{"a nil context", func() error { _, err := recordPolicy.RepresentedBy(nil, alice, "x"); return err }, "no client"}, //nolint:staticcheck // the test is about it
		{"an employee without an ID", func() error { _, err := recordPolicy.RepresentedBy(ctx, alice, ""); return err }, "employee's ID"},
		{"a control character", func() error { return recordPolicy.Represent(ctx, alice, "a\x00") }, "employee's ID"},
		{"no customer", func() error { _, err := recordPolicy.Record(ctx, event.Customer{}); return err }, "names no customer"},
		{"no key", func() error {
			_, err := recordPolicy.Record(registry(t, new(memory.Store), cx.WithoutCustomerIDs()), alice)
			return err
		}, "no key"},
		{"no store", func() error { _, err := recordPolicy.RepresentedBy(registry(t, nil), alice, "x"); return err }, "no store"},
	} {
		if err := test.call(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q", test.name, err, test.want)
		}
	}
}
