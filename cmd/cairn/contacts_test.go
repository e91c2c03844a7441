package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var shopContacts = touchpoint.DefineContactPolicy("contacts", touchpoint.ContactWait(time.Second),
	touchpoint.Purpose("offer", touchpoint.StoppedBy("complaint")), touchpoint.Purpose("survey"))

const shopKey = "a key of at least 16 bytes"

// shopStore is a service on a store in a file, which runs while the command does.
type shopStore struct {
	t      *testing.T
	ctx    context.Context
	folder string
	store  *sqlite.Store
	client *cx.Client
}

func newShopStore(t *testing.T, opts ...cx.Option) *shopStore {
	t.Helper()
	s := &shopStore{t: t, folder: t.TempDir()}
	var err error
	if s.store, err = sqlite.Open(filepath.Join(s.folder, "shop.db")); err != nil {
		t.Fatal(err)
	}
	client, err := cx.New(append([]cx.Option{
		cx.WithStore(s.store), cx.WithCustomerKey([]byte(shopKey)), cx.WithDefinitions(shopContacts), cx.WithNamespace("shop"),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.client = client
	s.ctx = cx.NewContext(context.Background(), client)
	s.file("key", shopKey+"\n")
	return s
}

// file writes a file and returns its path.
func (s *shopStore) file(name, text string) string {
	path := filepath.Join(s.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// run runs the command on the store.
func (s *shopStore) run(stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	s.t.Helper()
	args = append([]string{"contacts"}, args...)
	args = append(args, "--store", "sqlite:"+filepath.Join(s.folder, "shop.db"), "--namespace", "shop", "--customer-key-file", filepath.Join(s.folder, "key"))
	var out, errs bytes.Buffer
	code = run(s.t.Context(), args, stdin, &out, &errs)
	return code, out.String(), errs.String()
}

// does runs the command, which has to end with the code and to print the texts.
func (s *shopStore) does(code int, want string, args ...string) string {
	s.t.Helper()
	got, stdout, stderr := s.run(nil, args...)
	if all := stdout + stderr; got != code || !strings.Contains(all, want) {
		s.t.Errorf("%q: exit code %d, want %d with %q:\n%s", args, got, code, want, all)
	}
	return stdout
}

func (s *shopStore) may(want bool, customer string, opts ...touchpoint.AskOption) {
	s.t.Helper()
	if ok, rule := shopContacts.May(s.ctx, event.Customer{ID: customer}, "offer", event.Email, opts...); ok != want {
		s.t.Errorf("the service may contact %s: %v, %s", customer, ok, rule)
	}
}

// TestContacts: what the command changes holds for a service that runs, and what the service records is shown.
func TestContacts(t *testing.T) {
	t.Parallel()
	s := newShopStore(t)
	s.does(exitFault, "there is no record of this person, nor of any other: check the store and the namespace", "show", "--customer", "alice")
	if err := shopContacts.Consent(s.ctx, event.Customer{ID: "alice"}, touchpoint.Permit{Purpose: "offer", Source: "signup form"}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { // the service writes in the background with which key it records
		_, _, stderr := s.run(nil, "show", "--customer", "Alice")
		return strings.Contains(stderr, "nothing was ever recorded, or the ID is written in another way")
	})
	list := s.file("list.csv", "customer,reason,purpose,at,source\nalice,opted_out,offer,2026-03-01,letters\nbob,deceased,,2026-03-02,registry\n")
	s.does(exitOK, "list.csv: 2 rows: 2 added, 0 renewed, 0 already there, 0 stay lifted, 0 bad. Nothing was changed: this was a dry run.\n",
		"import", list, "--purposes", "offer,survey", "--dry-run")
	s.may(true, "alice")
	s.does(exitOK, "2 rows: 2 added", "import", list, "--purposes", "offer, survey")
	s.does(exitOK, "2 rows: 0 added, 0 renewed, 2 already there", "import", list, "--purposes", "offer,survey")
	s.may(false, "alice")
	s.may(false, "carol", touchpoint.To("bob"))
	s.does(exitFault, `line 2:17: the contact policy has no such purpose: it has ["(none: name them by --purposes or --blueprint)"]`, "import", list)

	got := s.does(exitOK, "opted_out  offer  every channel  since 2026-03-01T00:00:00Z  in force  letters", "show", "--customer", "alice")
	if !strings.Contains(got, "offer  every channel  given ") || !strings.Contains(got, "signup form") || strings.Contains(got, "alice") {
		t.Errorf("the record is\n%s", got)
	}
	s.does(exitFault, "no such suppression", "lift", "--customer", "alice", "--reason", "opted_out", "--by", "employee-7")
	s.does(exitOK, "lifted: opted_out, offer, every channel\n", "lift", "--customer", "alice", "--reason", "opted_out", "--purpose", "offer", "--by", "employee-7", "--at", "2026-03-05")
	s.may(true, "alice")
	s.does(exitOK, "1 already there, 1 stay lifted", "import", list, "--purposes", "offer,survey")
	s.does(exitOK, "lifted 2026-03-05T00:00:00Z by employee-7", "show", "--customer", "alice")

	s.does(exitOK, "open: complaint", "open-hold", "--customer", "alice", "--hold", "complaint", "--ref", "ticket-1")
	s.may(false, "alice")
	s.does(exitFault, "no such", "close-hold", "--customer", "alice", "--hold", "complaint", "--ref", "ticket-2")
	s.does(exitOK, "closed: complaint", "close-hold", "--customer", "alice", "--hold", "complaint", "--ref", "ticket-1")
	s.may(true, "alice")

	s.does(exitOK, "suppressed: moved, every purpose, email", "suppress", "--addressee", "old@example.com", "--reason", "moved", "--channel", "email", "--source", "bounce")
	s.may(false, "alice", touchpoint.To("old@example.com"))
	if code, stdout, stderr := s.run(strings.NewReader("old@example.com\r\nmore"), "show", "--addressee", "-"); code != exitOK || !strings.Contains(stdout, "bounce") {
		t.Errorf("an ID of the standard input: exit code %d, %s%s", code, stdout, stderr)
	}
	if err := shopContacts.Represent(s.ctx, event.Customer{ID: "alice"}, "employee-3"); err != nil {
		t.Fatal(err)
	}
	var record touchpoint.ContactRecord
	if err := json.Unmarshal([]byte(s.does(exitOK, "", "show", "--customer", "alice", "--json")), &record); err != nil ||
		len(record.Permits) != 1 || len(record.Suppressions) != 1 || len(record.Representative) != 32 {
		t.Errorf("the record in JSON is %+v, %v", record, err)
	}
}

// TestContactsTopics: a person who asks what is stored is told which surveys the company has asked.
func TestContactsTopics(t *testing.T) {
	t.Parallel()
	ease := feedback.Define("ease", feedback.CES, feedback.Every(90*24*time.Hour))
	s := newShopStore(t, cx.WithDefinitions(ease))
	req := ease.Ask(s.ctx, event.Customer{ID: "alice"}, feedback.Via(event.Email))
	if !req.OK() {
		t.Fatalf("alice is not asked: %s", req.Refused())
	}
	line := regexp.MustCompile(`(?m)^  survey  email  made \S+  counts until \S+  ease$`)
	if got := s.does(exitOK, "Contacts that still count", "show", "--customer", "alice"); !line.MatchString(got) {
		t.Errorf("the record is\n%s", got)
	}
	s.does(exitOK, `"topic":"ease"`, "show", "--customer", "alice", "--json")
}

// TestContactsLists: lists with bad rows, from files and from the standard input.
func TestContactsLists(t *testing.T) {
	t.Parallel()
	s := newShopStore(t)
	bad := s.file("bad.csv", "customer;reason;at\nalice;minor;2026-03-01\nsecret;dead;2026-03-01\n")
	_, stdout, stderr := s.run(nil, "import", bad)
	if stdout != "" || !strings.Contains(stderr, "the list has bad rows: 1, and nothing was changed\nline 3:8: the reason is not one of") || strings.Contains(stderr, "secret") {
		t.Errorf("a bad list prints %q and %q", stdout, stderr)
	}
	s.does(exitFault, "bad rows", "import", bad)
	s.may(true, "alice")
	s.does(exitDoubt, "2 rows: 1 added, 0 renewed, 0 already there, 0 stay lifted, 1 bad.", "import", bad, "--partial")
	s.may(false, "alice")
	s.does(exitFault, "no such file", "import", filepath.Join(s.folder, "none.csv"))

	in := "addressee,reason\nb@example.com,opted out\n"
	if code, _, stderr := s.run(io.MultiReader(strings.NewReader(in)), "import", "-", "--at", "2026-03-01"); code != exitFault || !strings.Contains(stderr, "cannot go back") {
		t.Errorf("a list that cannot be read twice: exit code %d, %s", code, stderr)
	}
	code, stdout, stderr := s.run(io.MultiReader(strings.NewReader(in)), "import", "-", "--at", "2026-03-01", "--source", "agency", "--partial", "--json")
	var report struct {
		File  string `json:"file"`
		Added int    `json:"added"`
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != exitOK || report.File != "standard input" || report.Added != 1 {
		t.Errorf("a list in a pipe: exit code %d, %s%s", code, stdout, stderr)
	}
	if got := s.does(exitOK, "agency", "show", "--addressee", "b@example.com"); !strings.Contains(got, "since 2026-03-01T00:00:00Z") {
		t.Errorf("the record is\n%s", got)
	}
}

// TestContactsBlueprint: a name that the contact policy of the services does not have is an error, before anything is written.
func TestContactsBlueprint(t *testing.T) {
	t.Parallel()
	s := newShopStore(t)
	b := s.file("blueprint.yaml", "version: 1\ncontact:\n  purposes:\n    - {name: offer, stopped_by: [complaint]}\n    - {name: survey, channels: [email, chat]}\n")
	lists := 0
	list := func(row string) string {
		lists++
		return s.file(fmt.Sprintf("list%d.csv", lists), "customer,reason,purpose,channel,at\n"+row+",2026-03-01\n")
	}
	for _, test := range []struct {
		name string
		code int
		want string
		args []string
	}{
		{"a hold with a typing mistake", exitFault, `the hold "complaints" stops no purpose of the contact policy in ` + b + `, which has ["complaint"]: did you mean "complaint"?`, []string{"open-hold", "--customer", "secret", "--hold", "complaints", "--ref", "1"}},
		{"to close one", exitFault, `did you mean "complaint"?`, []string{"close-hold", "--customer", "secret", "--hold", "complain", "--ref", "1"}},
		{"a purpose with a typing mistake", exitFault, `has no purpose "ofer": it has ["offer" "survey"]: did you mean "offer"?`, []string{"suppress", "--customer", "secret", "--reason", "moved", "--purpose", "ofer"}},
		{"to lift one", exitFault, `did you mean "survey"?`, []string{"lift", "--customer", "secret", "--reason", "moved", "--purpose", "survy", "--by", "e"}},
		{"a channel on which the purpose is never used", exitFault, `the purpose "survey" of the contact policy in ` + b + ` is never used on phone, only on email, chat`, []string{"suppress", "--customer", "secret", "--reason", "moved", "--purpose", "survey", "--channel", "phone"}},
		{"every purpose on a channel", exitOK, "suppressed: minor, every purpose, phone", []string{"suppress", "--customer", "alice", "--reason", "minor", "--channel", "phone"}},
		{"a purpose on every channel", exitOK, "suppressed: moved, offer, every channel", []string{"suppress", "--customer", "alice", "--reason", "moved", "--purpose", "offer"}},
		{"a purpose on its channel", exitOK, "suppressed: moved, survey, chat", []string{"suppress", "--customer", "alice", "--reason", "moved", "--purpose", "survey", "--channel", "chat"}},
		{"what is lifted", exitOK, "lifted: moved, offer, every channel", []string{"lift", "--customer", "alice", "--reason", "moved", "--purpose", "offer", "--by", "e"}},
		{"a hold", exitOK, "open: complaint", []string{"open-hold", "--customer", "alice", "--hold", "complaint", "--ref", "1"}},
		{"a hold that is closed", exitOK, "closed: complaint", []string{"close-hold", "--customer", "alice", "--hold", "complaint", "--ref", "1"}},
		{"a list with another purpose", exitFault, `the contact policy has no such purpose: it has ["offer" "survey"]`, []string{"import", list("secret,moved,news,")}},
		{"a list with another channel", exitFault, "line 2:21: the contact policy never uses the purpose on this channel, only on email, chat", []string{"import", list("secret,moved,survey,phone")}},
		{"a list", exitOK, "1 row: 1 added", []string{"import", list("bob,moved,survey,Email")}},
		{"a list of every purpose", exitOK, "1 row: 1 added", []string{"import", list("carol,moved,,phone")}},
		{"a blueprint without a policy", exitFault, "has no contact policy: write one under contact:", []string{"suppress", "--customer", "secret", "--reason", "moved", "-b", s.file("empty.yaml", "version: 1\n")}},
		{"a faulty blueprint", exitFault, "faulty.yaml:2:", []string{"suppress", "--customer", "secret", "--reason", "moved", "-b", s.file("faulty.yaml", "version: 1\ncontact: x\n")}},
	} {
		code, stdout, stderr := s.run(nil, slices.Concat(test.args[:1], []string{"-b", b}, test.args[1:])...)
		if code != test.code || !strings.Contains(stdout+stderr, test.want) || strings.Contains(stdout+stderr, "secret") {
			t.Errorf("%s: exit code %d, want %d with %q: %s%s", test.name, code, test.code, test.want, stdout, stderr)
		}
	}
	s.does(exitFault, "there is no record of this person", "show", "--customer", "secret")
}

// TestContactsKey: a wrong key is noticed before anything is written, and a key that was changed on purpose is taken.
func TestContactsKey(t *testing.T) {
	t.Parallel()
	s := newShopStore(t)
	list := s.file("list.csv", "customer,reason,at\nalice,minor,2026-03-01\n")
	s.does(exitOK, "no service has written a record in this store and namespace yet", "import", list)
	s.does(exitOK, "1 already there", "import", list)
	s.file("key", "another key of 16 bytes")
	const other = "written with another customer key"
	s.does(exitFault, other, "import", list)
	s.does(exitFault, other, "show", "--customer", "alice")
	s.does(exitFault, other, "suppress", "--customer", "alice", "--reason", "moved")
	s.does(exitFault, other, "lift", "--customer", "alice", "--reason", "minor", "--by", "x")
	s.does(exitFault, other, "open-hold", "--customer", "alice", "--hold", "complaint", "--ref", "x")
	s.does(exitOK, "1 added", "import", list, "--new-key")
	s.does(exitOK, "minor", "show", "--customer", "alice")
	s.file("key", "short")
	s.does(exitFault, "WithCustomerKey", "import", list)
	s.file("key", "")
	s.does(exitFault, "WithCustomerKey", "import", list)
}

// TestContactsLeavesJourneys: the command does not take over the journeys of the services, which it could not report.
func TestContactsLeavesJourneys(t *testing.T) {
	t.Parallel()
	buy := journey.Define("buy", journey.AbandonAfter(time.Millisecond))
	s := newShopStore(t, cx.WithDefinitions(buy), cx.WithSweepInterval(24*time.Hour))
	buy.Start(s.ctx, "cart-1", event.Customer{})
	if err := s.client.Flush(s.ctx); err != nil {
		t.Fatal(err)
	}
	logs := func() (list []string) {
		_, due, err := s.store.Claim(t.Context(), 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range due {
			list = append(list, string(r.Log))
		}
		return list
	}
	waitFor(t, func() bool { return len(logs()) == 1 })
	before := logs()
	s.does(exitOK, "suppressed", "suppress", "--customer", "alice", "--reason", "moved")
	if after := logs(); len(before) != 1 || len(after) != 1 || before[0] != after[0] {
		t.Errorf("the journey's log was %q and is %q", before, after)
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it has not happened within 30 seconds")
		}
	}
}

// TestContactsMisused: the command says what is wrong with its flags, and never repeats a person's ID.
func TestContactsMisused(t *testing.T) {
	t.Parallel()
	var _ ledger.Shelver = recordsOnly{}
	for _, test := range []struct {
		args string
		want string
		code int
	}{
		{"", "no action is named: name one of import, show, suppress, lift, open-hold, close-hold", exitUsage},
		{"shwo", `there is no action "shwo": did you mean "show"?`, exitUsage},
		{"import", "import has no list", exitUsage},
		{"import a b", "import has an argument too many", exitUsage},
		{"show secret", "the person is named by --customer or --addressee", exitUsage},
		{"show", "show is about one person", exitUsage},
		{"show --customer secret --addressee secret", "show is about one person", exitUsage},
		{"show --customer secret -b x.yaml", "show does not take --b", exitUsage},
		{"import a.csv -b x.yaml --purposes offer", "import takes the purposes from --blueprint: remove --purposes", exitUsage},
		{"suppress --customer secret --reason moved --blueprint -", "reads the blueprint from a file", exitFault},
		{"suppress --customer secret --reason moved --blueprint none.yaml", "none.yaml: no such file", exitFault},
		{"show --customer secret --reason moved", "show does not take --reason", exitUsage},
		{"suppress --customer secret", "suppress needs --reason", exitUsage},
		{"lift --customer secret --reason moved", "lift needs --by", exitUsage},
		{"open-hold --hold complaint --ref x", "open-hold needs --customer", exitUsage},
		{"open-hold --customer secret --ref x", "open-hold needs --hold", exitUsage},
		{"show --customer ", "the ID is not 1 to 128 bytes", exitUsage},
		{"suppress --customer secret --reason moved --channel mail", `there is no channel "mail"`, exitUsage},
		{"suppress --customer secret --reason moved --at today", `"today" is no time`, exitUsage},
		{"suppress --customer secret --reason moved --tz Mars", `there is no time zone "Mars"`, exitUsage},
		{"show --customer secret", "no store is named", exitFault},
		{"show --customer secret --store sqlite:none.db", "no such file", exitFault},
		{"show --customer secret --store none.db", "no such file", exitFault},
		{"show --customer secret --store sqlite:main.go", "main.go", exitFault},
		{"show --customer secret --store mysql://secret@x/", "the store's URL cannot be read", exitFault},
		{"show --customer secret --store redis://:secret%@x/", "the store's URL cannot be read", exitFault},
		{"show --customer secret --store redis://:secret@x/secret", "the store's URL cannot be read", exitFault},
		{"show --customer secret --store postgres://a:secret@x:port/", "the store's URL cannot be read", exitFault},
		{"suppress --customer secret --reason dead --store sqlite:none.db", "no such file", exitFault},
		{"suppress --customer secret --reason moved --purpose _x --store sqlite:none.db", "the purposes or the hold", exitFault},
	} {
		key := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(key, []byte(shopKey), 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"contacts"}, strings.Split(test.args, " ")...)
		if test.args == "" {
			args = args[:1]
		}
		if test.code == exitFault {
			args = append(args, "--customer-key-file", key)
		}
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), args, nil, &stdout, &stderr)
		if code != test.code || !strings.Contains(stderr.String(), test.want) || strings.Contains(stderr.String(), "secret") || stdout.Len() > 0 {
			t.Errorf("%q: exit code %d, want %d with %q: %s%s", test.args, code, test.code, test.want, &stdout, &stderr)
		}
	}
}
