package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

const contactsMap = shopMap + ",channel=on,customer=who,outcome=how,direction=way,purpose=why"

// contactsOf replays the logs and returns what the report says of contacts.
func contactsOf(t *testing.T, players int, keyFile string, files ...string) *report.Contacts {
	t.Helper()
	columns, err := parseColumns(contactsMap)
	if err != nil {
		t.Fatal(err)
	}
	s := &replaySettings{
		blueprint: "testdata/replay/contacts.yaml", columns: columns, files: files, players: players, keyFile: keyFile, contacts: true,
		memory: 1 << 20, location: time.UTC, tmp: t.TempDir(),
	}
	bp, err := yaml.Load(s.blueprint)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	rep, err := replayLog(t.Context(), s, bp, nil, newNotes(&stderr, bp, false))
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return rep.Contacts
}

// TestContactsOfEventsAndRows: Cairn's own events and the rows of a CSV file say the same of contacts, in one log or spread over both,
// because the key makes one customer of both. The number of players changes nothing.
func TestContactsOfEventsAndRows(t *testing.T) {
	t.Parallel()
	const logged = "testdata/replay/contacts.csv"
	dir, key := t.TempDir(), []byte("a key of at least sixteen bytes")
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keyFile := write("key", string(key))
	data, err := os.ReadFile(logged)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var all, odd, even strings.Builder
	even.WriteString(strings.Join(rows[0], ",") + "\n")
	for i, row := range rows[1:] {
		line := asEvent(t, row, key)
		all.WriteString(line)
		if i%2 == 0 {
			even.WriteString(strings.Join(row, ",") + "\n")
		} else {
			odd.WriteString(line)
		}
	}
	events, halfEvents, halfRows := write("all.jsonl", all.String()), write("odd.jsonl", odd.String()), write("even.csv", even.String())
	want := contactsOf(t, 1, "", logged)
	if want.Made != 10 || want.Against != 5 {
		t.Fatalf("the log has %d contacts, %d against the policy; want 10 and 5", want.Made, want.Against)
	}
	for name, got := range map[string]*report.Contacts{
		"rows with a key":    contactsOf(t, 1, keyFile, logged),
		"four players":       contactsOf(t, 4, "", logged),
		"events":             contactsOf(t, 1, keyFile, events),
		"events, no key":     contactsOf(t, 3, "", events),
		"half rows":          contactsOf(t, 2, keyFile, halfEvents, halfRows),
		"half rows, swapped": contactsOf(t, 1, keyFile, halfRows, halfEvents),
		"events twice":       contactsOf(t, 1, keyFile, events, events),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-rows +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(want, contactsOf(t, 1, "", halfEvents, halfRows)); diff == "" {
		t.Error("without the key a customer's ID is taken for the pseudonym of an event")
	}
}

// asEvent returns the row as one of Cairn's own events, or as a row that cannot be read.
func asEvent(t *testing.T, row []string, key []byte) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, row[2])
	if err != nil || row[6] == "out" {
		return ""
	}
	e := event.Event{
		Kind: event.TouchpointEnded, Time: at, Touchpoint: row[1], Journey: event.Run{Namespace: "default", Name: "order", ID: row[0]},
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(row)))
	copy(e.ID[:], sum[:])
	set := func(into interface{ UnmarshalText([]byte) error }, text string) {
		if text != "" {
			if err := into.UnmarshalText([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	set(&e.Channel, row[3])
	set(&e.Outcome, row[5])
	set(&e.Direction, row[6])
	if row[4] != "" {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(row[4]))
		e.Customer.Hash = hex.EncodeToString(mac.Sum(nil)[:16])
	}
	if row[7] != "" {
		e.Contact = &event.Contact{Purpose: row[7]}
	}
	return string(e.AppendJSON(nil)) + "\n"
}

// TestContactsKeepCustomers: neither the report nor a message has a customer's ID.
func TestContactsKeepCustomers(t *testing.T) {
	t.Parallel()
	const secret = "erika.mustermann@example.com"
	log := "order,step,at,on,who,how,way,why\n"
	for i := range 3 {
		log += fmt.Sprintf("o-%d,survey-mail,2026-03-0%dT10:00:00Z,email,%s,ok,outbound,survey\n", i, i+1, secret)
	}
	for _, form := range [][]string{nil, {"--json"}} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"replay", "--blueprint", "testdata/replay/contacts.yaml", "--map", contactsMap}, form...)
		if code := run(t.Context(), append(args, "-"), strings.NewReader(log), &stdout, &stderr); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &stderr)
		}
		if all := stdout.String() + stderr.String(); strings.Contains(all, secret) || !strings.Contains(all, "cap") {
			t.Errorf("the output is %s", all)
		}
	}
}
