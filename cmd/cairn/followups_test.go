package main

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/feedback"
)

const complaintsBlueprint = `version: 1
causes: [courier, price]
follow_ups:
  - name: complaint
    owner: care
    acknowledge: 24h
    answer: 5d
    update: 3d
    severities: [{name: high, acknowledge: 4h}]
    open: [{on: complaint}]
  - {name: claim}
`

// careDesk is a service that has follow-ups in a store and in an archive, and runs while the command does.
type careDesk struct {
	*shopStore

	complaint *feedback.FollowUp
	opts      []cx.Option
}

func newCareDesk(t *testing.T) *careDesk {
	t.Helper()
	folder := t.TempDir()
	archive, err := sqlarchive.OpenSQLite(filepath.Join(folder, "archive.db"))
	if err == nil {
		err = archive.Ping(t.Context()) // makes the tables, which a client does in the background
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Parse("blueprint.yaml", []byte(complaintsBlueprint))
	if err != nil {
		t.Fatal(err)
	}
	f := b.FollowUp("complaint")
	s := &shopStore{t: t, folder: folder}
	if s.store, err = sqlite.Open(filepath.Join(folder, "shop.db")); err != nil {
		t.Fatal(err)
	}
	d := &careDesk{s, f, []cx.Option{
		cx.WithStore(s.store), cx.WithCustomerKey([]byte(shopKey)), cx.WithDefinitions(f), cx.WithNamespace("shop"),
		cx.WithSweepInterval(20 * time.Millisecond), cx.WithEndGrace(cx.NoEndGrace), cx.WithUnredactedText(),
	}}
	if s.client, err = cx.New(append(d.opts, cx.WithExporters(archive))...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.client.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	s.ctx = cx.NewContext(context.Background(), s.client)
	s.file("blueprint.yaml", complaintsBlueprint)
	return d
}

// run runs the command with the archive.
func (d *careDesk) run(args ...string) (code int, stdout, stderr string) {
	d.t.Helper()
	args = append([]string{"followups"}, args...)
	args = append(args, "--archive", filepath.Join(d.folder, "archive.db"), "--tz", "UTC")
	var out, errs bytes.Buffer
	code = run(d.t.Context(), args, nil, &out, &errs)
	return code, out.String(), errs.String()
}

// move runs the action move on the store of the service.
func (d *careDesk) move(id, to string, more ...string) (code int, all string) {
	d.t.Helper()
	code, stdout, stderr := d.run(slices.Concat([]string{
		"move", "complaint", id, "--to", to, "-b", filepath.Join(d.folder, "blueprint.yaml"), "--store", "sqlite:" + filepath.Join(d.folder, "shop.db"), "--wait", "20s",
	}, more)...)
	return code, stdout + stderr
}

// TestFollowUps: a support lead sees what is overdue, shows it, moves it on, and closes it, while the service runs.
func TestFollowUps(t *testing.T) {
	t.Parallel()
	d := newCareDesk(t)
	if code, stdout, stderr := d.run(); code != exitOK || stdout != "No follow-up is open.\n" {
		t.Errorf("an empty archive: %d %s%s", code, stdout, stderr)
	}
	now := time.Now()
	ann := event.Customer{ID: "ann", Segment: "gold"}
	d.complaint.Open(d.ctx, "c-new", ann, feedback.Owner("legal"), feedback.Severity("high"))
	said := event.NewID(now)
	d.client.Record(d.ctx, event.Event{
		ID: said, Kind: event.FeedbackReceived, Customer: ann, Feedback: &event.Feedback{Survey: "nps", Scale: event.NPS, Score: 2, Causes: []string{"courier"}, Comment: "no\x1b reply"},
	})
	d.complaint.Open(d.ctx, "c-late", ann, feedback.CausedBy(said), feedback.At(now.Add(-26*time.Hour-time.Minute)), feedback.Owner("care"), feedback.Note("\x1b[31mred\nline"), feedback.About("checkout", "o-7"))
	if err := d.client.Flush(d.ctx); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := d.run()
	want := regexp.MustCompile(`(?s)^FOLLOW-UP  ID +STEP +AGE +OWNER  SEVERITY  PROMISE +DUE
complaint  c-late  received  1d 2h +care   - +acknowledged  overdue by 2h 1min
complaint  c-new   received  less than 1min  legal  high +acknowledged  in 3h 59min

2 follow-ups open, 1 overdue.
$`)
	if code != exitOK || !want.MatchString(stdout) {
		t.Errorf("the list: %d\n%s%s", code, stdout, stderr)
	}
	for _, c := range []struct {
		flags string
		ids   string
	}{
		{"--sort age", "c-late c-new"},
		{"--owner legal", "c-new"},
		{"--overdue", "c-late"},
		{"--severity high", "c-new"},
		{"--promise answered", ""},
		{"--follow-up claim", ""},
		{"--namespace other", ""},
		{"--sort owner --all", "c-late c-new"},
		{"--at 2020-01-01", "c-late c-new"},
	} {
		code, stdout, stderr := d.run(append(strings.Fields(c.flags), "--json")...)
		var list followUpList
		if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != exitOK {
			t.Fatalf("%s: %d %v %s", c.flags, code, err, stderr)
		}
		var ids []string
		for i := range list.FollowUps {
			ids = append(ids, list.FollowUps[i].ID)
		}
		if got := strings.Join(ids, " "); got != c.ids || list.Open != len(ids) {
			t.Errorf("%s: %q and %d open, want %q", c.flags, got, list.Open, c.ids)
		}
	}
	code, stdout, _ = d.run("show", "complaint", "c-late")
	for _, part := range []string{"complaint c-late\n", "  owner      care\n", "  about      checkout o-7\n", "  caused by  feedback.received, nps 2, courier, \"no\\x1b reply\"\n", "gold", "acknowledged  due ", ", overdue by 2h 1min", "received, owner care, note: \uFFFD[31mred line\n"} {
		if code != exitOK || !strings.Contains(stdout, part) || strings.Contains(stdout, "\x1b") {
			t.Errorf("show does not say %q: %d\n%s", part, code, stdout)
		}
	}

	if code, all := d.move("c-late", "acknowledged", "--note", "wrote to ann@example.com", "--channel", "email"); code != exitOK || !strings.Contains(all, "complaint c-late: the step acknowledged is in the store, and a service has taken it.") {
		t.Errorf("move: %d %s", code, all)
	}
	waitFor(t, func() bool {
		_, stdout, _ := d.run("show", "complaint", "c-late")
		return strings.Contains(stdout, "promise updated kept")
	})
	_, stdout, _ = d.run("show", "complaint", "c-late")
	if !regexp.MustCompile(`employee +acknowledged, note: wrote to \[email\]\n`).MatchString(stdout) || strings.Contains(stdout, "acknowledged  due 2") && strings.Contains(stdout, "overdue") {
		t.Errorf("after the step:\n%s", stdout)
	}
	if code, all := d.move("c-late", "told"); code != exitOK {
		t.Errorf("move: %d %s", code, all)
	}
	if code, all := d.move("c-late", "confirmed", "--json"); code != exitOK || !strings.Contains(all, `"step":"confirmed"`) || !strings.Contains(all, `"taken":true`) {
		t.Errorf("move: %d %s", code, all)
	}
	waitFor(t, func() bool { _, stdout, _ := d.run(); return !strings.Contains(stdout, "c-late") })
	if code, stdout, _ := d.run("--all", "--sort", "age"); code != exitOK || !regexp.MustCompile(`c-late +confirmed .* completed\n`).MatchString(stdout) {
		t.Errorf("--all:\n%s", stdout)
	}
	if code, all := d.move("c-late", "received"); code != exitFault || !strings.Contains(all, "the follow-up has ended as completed") {
		t.Errorf("a step after the end: %d %s", code, all)
	}
}

// TestFollowUpsAssessed: a severity moves the promises, from when the matter was received.
func TestFollowUpsAssessed(t *testing.T) {
	t.Parallel()
	d := newCareDesk(t)
	began := time.Now().Add(-time.Hour).Truncate(time.Second)
	d.complaint.Open(d.ctx, "c", event.Customer{}, feedback.At(began))
	if err := d.client.Flush(d.ctx); err != nil {
		t.Fatal(err)
	}
	if code, all := d.move("c", "assessed", "--severity", "high"); code != exitOK {
		t.Fatalf("move: %d %s", code, all)
	}
	due := func() (at time.Time, severity string) {
		_, stdout, _ := d.run("--json")
		var list followUpList
		if err := json.Unmarshal([]byte(stdout), &list); err != nil || len(list.FollowUps) != 1 {
			t.Fatalf("%v %s", err, stdout)
		}
		return list.FollowUps[0].Due, list.FollowUps[0].Severity
	}
	waitFor(t, func() bool { at, severity := due(); return severity == "high" && at.Equal(began.Add(4*time.Hour)) })
}

// TestFollowUpsAway: without a service the step is in the store, and the next service that runs tells it once.
func TestFollowUpsAway(t *testing.T) {
	t.Parallel()
	d := newCareDesk(t)
	d.complaint.Open(d.ctx, "c", event.Customer{})
	if err := d.client.Shutdown(d.ctx); err != nil {
		t.Fatal(err)
	}
	code, all := d.move("c", "acknowledged", "--wait", "300ms")
	if code != exitDoubt || !strings.Contains(all, "no service has taken the step within 300ms") {
		t.Fatalf("move: %d %s", code, all)
	}
	if code, all := d.move("c", "updated", "--wait", "0s"); code != exitOK || !strings.Contains(all, "the step updated is in the store, and no service has taken it yet.") {
		t.Errorf("move without waiting: %d %s", code, all)
	}
	archive, err := sqlarchive.OpenSQLite(filepath.Join(d.folder, "archive.db"))
	if err != nil {
		t.Fatal(err)
	}
	next, err := cx.New(append(d.opts, cx.WithExporters(archive))...)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		_, stdout, _ := d.run("show", "complaint", "c")
		return strings.Count(stdout, "promise updated kept") == 2
	})
	if err := next.Shutdown(d.ctx); err != nil {
		t.Error(err)
	}
	_, stdout, _ := d.run("show", "complaint", "c")
	if strings.Count(stdout, "employee  acknowledged\n") != 1 || strings.Count(stdout, "promise acknowledged kept") != 1 {
		t.Errorf("the history is\n%s", stdout)
	}
}

// TestFollowUpsRefused: a store, a blueprint or an archive that is not that of the services changes nothing.
func TestFollowUpsRefused(t *testing.T) {
	t.Parallel()
	d := newCareDesk(t)
	d.complaint.Open(d.ctx, "c", event.Customer{})
	if err := d.client.Flush(d.ctx); err != nil {
		t.Fatal(err)
	}
	other, err := sqlite.Open(filepath.Join(d.folder, "other.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		id   string
		args string
		want string
	}{
		{"the store of other services", "c", "--to told --store sqlite:{}/other.db", "the store has no such follow-up that is open"},
		{"a store that is not there", "c", "--to told --store sqlite:{}/none.db", "no such file"},
		{"a follow-up that is not there", "d", "--to told", `the archive has no follow-up "complaint" with the ID "d"`},
		{"another namespace", "c", "--to told --namespace other", "the archive has no follow-up"},
		{"a blueprint without it", "c", "--to told -b " + "{}/empty.yaml", "it has none under follow_ups:"},
		{"a faulty blueprint", "c", "--to told -b {}/faulty.yaml", "faulty.yaml:1:10"},
		{"a severity that is not there", "c", "--to assessed --severity hihg", `did you mean "high"?`},
		{"a cause that is not there", "c", "--to investigated --cause curier", `did you mean "courier"?`},
		{"an owner that is no name", "c", "--to escalated --owner _x", "is no name"},
		{"an archive that is not there", "c", "--to told --archive {}/none.db", "no such file"},
		{"an archive that is none", "c", "--to told --archive {}/shop.db", "not an archive of Cairn's"},
	} {
		d.file("empty.yaml", "version: 1\n")
		d.file("faulty.yaml", "version: two\n")
		args := []string{
			"followups", "--archive", filepath.Join(d.folder, "archive.db"), "-b", filepath.Join(d.folder, "blueprint.yaml"),
			"--store", "sqlite:" + filepath.Join(d.folder, "shop.db"),
		}
		args = append(args, strings.Fields(strings.ReplaceAll("move complaint "+c.id+" "+c.args, "{}", d.folder))...)
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, nil, &out, &errs); code != exitFault || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %d %s%s, want …%s…", c.name, code, out.String(), errs.String(), c.want)
		}
	}
	if _, stdout, _ := d.run("show", "complaint", "c"); strings.Count(stdout, "employee") != 4 || strings.Contains(stdout, "told") {
		t.Errorf("something was changed:\n%s", stdout)
	}
	// Without an archive the store alone knows.
	for _, c := range []struct {
		namespace, id, want string
		code                int
	}{
		{"shop", "d", "the store has no such follow-up", exitFault}, {"other", "c", "the store has no such follow-up", exitFault}, {"shop", "c", "complaint c: the step told", exitOK},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{
			"followups", "move", "complaint", c.id, "--to", "told", "-b", filepath.Join(d.folder, "blueprint.yaml"), "--namespace", c.namespace,
			"--store", "sqlite:" + filepath.Join(d.folder, "shop.db"),
		}, nil, &out, &errs)
		if code != c.code || !strings.Contains(out.String()+errs.String(), c.want) {
			t.Errorf("%s %s: %d %s%s", c.namespace, c.id, code, out.String(), errs.String())
		}
	}
}

// TestFollowUpsMisused: the command says what is wrong with its arguments.
func TestFollowUpsMisused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"lst", `there is no action "lst": name one of list, show, move: did you mean "list"?`},
		{"list complaint", "is one argument too many"},
		{"show complaint", "show is about one follow-up"},
		{"move complaint c", "move needs --to"},
		{"move complaint c --to acknoledged", `did you mean "acknowledged"?`},
		{"move complaint c --to told --overdue", "move does not take --overdue"},
		{"list --store x", "list does not take --store"},
		{"--sort agee", `did you mean "age"?`},
		{"--promise answer", `did you mean "answered"?`},
		{"--tz Nowhere", "there is no time zone"},
		{"--at noon", "is no time"},
		{"move complaint c --to told --at 2999-01-01", "is yet to come"},
		{"move complaint c --to told --channel pigeon", "there is no channel"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"followups"}, strings.Fields(c.args)...), nil, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %d %s, want …%s…", c.args, code, errs.String(), c.want)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"list", "no archive is named"},
		{"show complaint c", "no archive is named"},
		{"move complaint c --to told", "name it by --blueprint"},
		{"move complaint c --to told -b -", "from a file"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"followups"}, strings.Fields(c.args)...), nil, &out, &errs); code != exitFault || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: %d %s, want …%s…", c.args, code, errs.String(), c.want)
		}
	}
}
