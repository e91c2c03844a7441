package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/stores/sqlite"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

const mendingBlueprint = `version: 1
causes: [courier]
journeys:
  - name: checkout
    stages: [{name: cart}, {name: payment}]
actions:
  - {name: improvement}
breakdowns:
  owner: product
  confirm: 1d
  plan: 7d
  mend: 30d
  severities: [{name: high, customers_a_day: 20, confirm: 4h}]
`

// mendingDesk is a service that has breakdowns in a store and in an archive, and runs while the command does.
type mendingDesk struct {
	*shopStore

	j    *watch.Journey
	opts []cx.Option
}

func newMendingDesk(t *testing.T) *mendingDesk {
	t.Helper()
	folder := t.TempDir()
	archive, err := sqlarchive.OpenSQLite(filepath.Join(folder, "archive.db"))
	if err == nil {
		err = archive.Ping(t.Context()) // makes the tables, which a client does in the background
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Parse("blueprint.yaml", []byte(mendingBlueprint))
	if err != nil {
		t.Fatal(err)
	}
	s := &shopStore{t: t, folder: folder}
	if s.store, err = sqlite.Open(filepath.Join(folder, "shop.db")); err != nil {
		t.Fatal(err)
	}
	d := &mendingDesk{s, watch.FromBlueprint(b), []cx.Option{
		cx.WithStore(s.store), cx.WithoutCustomerIDs(), cx.WithDefinitions(b.Definitions()...), cx.WithCauses(b.RootCauses...), cx.WithNamespace("shop"),
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
	s.file("blueprint.yaml", mendingBlueprint)
	return d
}

// run runs the command with the archive.
func (d *mendingDesk) run(args ...string) (code int, stdout, stderr string) {
	d.t.Helper()
	args = append([]string{"breakdowns"}, args...)
	args = append(args, "--archive", filepath.Join(d.folder, "archive.db"), "--tz", "UTC")
	var out, errs bytes.Buffer
	code = run(d.t.Context(), args, nil, &out, &errs)
	return code, out.String(), errs.String()
}

// move runs the action move on the store of the service.
func (d *mendingDesk) move(id, to string, more ...string) (code int, all string) {
	d.t.Helper()
	code, stdout, stderr := d.run(slices.Concat([]string{
		"move", id, "--to", to, "-b", filepath.Join(d.folder, "blueprint.yaml"), "--store", "sqlite:" + filepath.Join(d.folder, "shop.db"), "--wait", "20s",
	}, more)...)
	return code, stdout + stderr
}

func (d *mendingDesk) flush() {
	d.t.Helper()
	if err := d.client.Flush(d.ctx); err != nil {
		d.t.Fatal(err)
	}
}

// find begins three breakdowns and an improvement: a dear one, an old one that is overdue, and a cheap one.
func (d *mendingDesk) find(now time.Time) {
	d.t.Helper()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	about := func(name string, days, customers int) event.Breakdown {
		return event.Breakdown{
			About: "stage", Journey: "checkout", Name: name, Began: ago(days), Before: 0.1, Since: 0.25, Excess: 2 * float64(customers), Customers: customers,
			Placed: []event.Placed{{Column: "release", Value: "2"}}, Value: &event.Money{Amount: 120000, Currency: "EUR"},
		}
	}
	dear := about("payment", 2, 58)
	dear.Severity = "high"
	d.j.Find(d.ctx, "aa11", dear, watch.At(now.Add(-time.Hour)))
	d.j.Find(d.ctx, "bb22", about("cart", 40, 20), watch.At(now.Add(-8*24*time.Hour)))
	d.j.Find(d.ctx, "bc33", about("cart", 3, 0), watch.At(now.Add(-2*time.Hour)))
	better := about("cart", 5, 0)
	better.Better, better.Excess = true, -50
	d.j.Find(d.ctx, "dd44", better)
	d.flush()
	waitFor(d.t, func() bool { // the service breaks what is overdue
		_, stdout, _ := d.run("--overdue", "--json")
		return strings.Contains(strings.ReplaceAll(stdout, " ", ""), `"overdue":1`)
	})
}

// TestBreakdowns: a support lead sees what costs most, shows it, plans it and mends it, while the service runs.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	d := newMendingDesk(t)
	if code, stdout, stderr := d.run(); code != exitOK || stdout != "No breakdown is open.\n" {
		t.Errorf("an empty archive: %d %s%s", code, stdout, stderr)
	}
	now := time.Now().Truncate(time.Second)
	d.find(now)
	at := "--at=" + now.Add(30*time.Minute).Format(time.RFC3339)
	code, stdout, stderr := d.run(at)
	want := regexp.MustCompile(`^ID +ABOUT +STEP +AGE +MORE THAN USUAL +SEVERITY +OWNER +PROMISE +DUE
aa11  the stage "payment" of "checkout"  found  2d +58 customers +high +- +confirmed  in 2h 30min
bb22  the stage "cart" of "checkout" +found  40d +20 customers +- +- +confirmed  overdue by 7d
bc33  the stage "cart" of "checkout" +found  3d +- +- +- +confirmed  in 21h 30min

3 breakdowns open, 1 overdue. --all also lists 1 improvement.
$`)
	if code != exitOK || !want.MatchString(strings.ReplaceAll(stdout, "0 events", "-")) {
		t.Errorf("the list: %d\n%s%s", code, stdout, stderr)
	}
	for _, c := range []struct {
		flags string
		ids   string
	}{
		{"", "aa11 bb22 bc33"},
		{"--sort age", "bb22 bc33 aa11"},
		{"--sort due", "bb22 aa11 bc33"},
		{"--severity high", "aa11"},
		{"--overdue", "bb22"},
		{"--all", "aa11 bb22 bc33 dd44"},
		{"--owner payments", ""},
		{"--namespace other", ""},
		{"--namespace shop --sort due", "bb22 aa11 bc33"},
	} {
		code, stdout, stderr := d.run(append(strings.Fields(c.flags), "--json", at)...)
		var list breakdownList
		if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != exitOK {
			t.Fatalf("%s: %d %v %s", c.flags, code, err, stderr)
		}
		var ids []string
		for i := range list.Breakdowns {
			ids = append(ids, list.Breakdowns[i].Run.ID)
		}
		if got := strings.Join(ids, " "); got != c.ids {
			t.Errorf("%s lists %s, want %s", c.flags, got, c.ids)
		}
	}
	d.mend(t)
}

// mend plans, mends and verifies the dear breakdown, and dismisses another one.
func (d *mendingDesk) mend(t *testing.T) {
	t.Helper()
	for _, step := range []struct {
		id, to string
		more   []string
	}{
		{"aa11", "confirmed", []string{"--note", "the new form"}},
		{"aa11", "planned", []string{"--action", "improvement:42", "--owner", "payments"}},
		{"aa11", "mended", nil},
		{"aa11", "planned", []string{"--action", "improvement:43", "--owner", "payments"}}, // the first one did not help
		{"aa11", "mended", nil},
		{"aa", "verified", nil},
		{"bb22", "dismissed", []string{"--cause", "seasonal"}}, // the blueprint has causes, and this is none of them
	} {
		code, all := d.move(step.id, step.to, step.more...)
		if code != exitOK || !strings.Contains(all, "the step "+step.to+" is in the store, and a service has taken it.") {
			t.Fatalf("%s to %s: %d %s", step.id, step.to, code, all)
		}
		if noted := strings.Contains(all, "the archive has no action improvement with the ID 4"); noted != (step.to == "planned") {
			t.Errorf("%s to %s: %s", step.id, step.to, all)
		}
		waitFor(t, func() bool { // for the archive
			_, stdout, _ := d.run("show", step.id)
			return strings.Contains(stdout, "step       "+step.to) || strings.Contains(stdout, "ended: cancelled")
		})
		if step.to == "confirmed" || step.to == "mended" { // which the next step comes after
			if code, all := d.move(step.id, "confirmed"); code != exitFault || !strings.Contains(all, "--to confirmed: the breakdown is at the step "+step.to+". The steps that may be taken are: ") {
				t.Errorf("%s from %s back to confirmed: %d %s", step.id, step.to, code, all)
			}
		}
	}
	code, stdout, stderr := d.run("show", "aa11")
	for _, want := range []string{
		"breakdown aa11\n", `about      the stage "payment" of "checkout"`, "share      10.0% before, 25.0% since it began\n", "step       verified", "severity   high", "owner      payments",
		"cost       58 customers more than usual, 1,200.00 EUR", "goes with  release 2", "plan       improvement 43", "Promises\n", "confirmed  due ", ", kept ",
		"employee  confirmed, severity high, note: the new form", "employee  planned, owner payments, severity high, plan improvement 42",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("show says nothing of %q: %d\n%s%s", want, code, stdout, stderr)
		}
	}
	var is struct {
		Breakdown shownBreakdown    `json:"breakdown"`
		Events    []json.RawMessage `json:"events"`
	}
	_, stdout, _ = d.run("show", "aa11", "--json")
	if err := json.Unmarshal([]byte(stdout), &is); err != nil || is.Breakdown.Step != "verified" || is.Breakdown.Plan.Run.ID != "43" || is.Breakdown.Plan.Run.Namespace != "shop" || len(is.Events) < 8 {
		t.Errorf("show --json: %v\n%s", err, stdout)
	}
	_, stdout, _ = d.run("--all")
	if !strings.Contains(stdout, "dismissed seasonal") || !strings.Contains(stdout, "2 breakdowns open, 0 overdue.\n") {
		t.Errorf("the list has\n%s", stdout)
	}
	if code, all := d.move("bb22", "confirmed"); code != exitFault || !strings.Contains(all, "the breakdown has ended") {
		t.Errorf("move of what has ended: %d %s", code, all)
	}
	if code, all := d.move("dd44", "confirmed"); code != exitFault || !strings.Contains(all, "an improvement") {
		t.Errorf("move of an improvement: %d %s", code, all)
	}
	if code, all := d.move("b", "confirmed"); code != exitFault || !strings.Contains(all, "the beginning of 2 breakdowns") {
		t.Errorf("move of two: %d %s", code, all)
	}
}

// TestBreakdownsRefused: a store, a blueprint or an archive that is not that of the services changes nothing.
func TestBreakdownsRefused(t *testing.T) {
	t.Parallel()
	d := newMendingDesk(t)
	d.find(time.Now())
	d.file("other.yaml", "version: 1\n")
	other, err := sqlite.Open(filepath.Join(d.folder, "other.db"))
	if err == nil {
		err = other.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(d.folder, "blueprint.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, args, want string }{
		{"the store of other services", "move aa11 --to confirmed --store sqlite:{}/other.db", "the store has no such breakdown that is open"},
		{"a store that is not there", "move aa11 --to confirmed --store sqlite:{}/none.db", "no such file or directory: check --store, which"},
		{"an ID that is not there", "move ee --to confirmed", `no breakdown with the ID "ee"`},
		{"another namespace", "move aa11 --to confirmed --namespace other", "the archive has no breakdown"},
		{"a blueprint without breakdowns", "move aa11 --to confirmed -b {}/other.yaml", "add the section breakdowns"},
		{"an action that is not there", "move aa11 --to planned --owner a --action improvment:1", `did you mean "improvement"?`},
		{"a cause that is not there", "move aa11 --to dismissed --cause intendet", `use intended, known, seasonal, wrongly-measured, courier: did you mean "intended"?`},
		{"a step that is not next", "move aa11 --to verified", "--to verified: the breakdown is at the step found. The steps that may be taken are: confirmed, planned, mended, dismissed"},
		{"an archive that is not there", "move aa11 --to confirmed --archive {}/none.db", "no such file"},
		{"show of none", "show ee", "cairn breakdowns --all lists them"},
	} {
		args := []string{"breakdowns", "--archive", filepath.Join(d.folder, "archive.db")}
		if strings.HasPrefix(c.args, "move") {
			args = append(args, "-b", filepath.Join(d.folder, "blueprint.yaml"), "--store", "sqlite:"+filepath.Join(d.folder, "shop.db"))
		}
		args = append(args, strings.Fields(strings.ReplaceAll(c.args, "{}", d.folder))...)
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, nil, &out, &errs); code != exitFault || !strings.Contains(errs.String(), c.want) || out.Len() > 0 {
			t.Errorf("%s: %d %s%s, want …%s…", c.name, code, out.String(), errs.String(), c.want)
		}
	}
	if after, _ := os.ReadFile(filepath.Join(d.folder, "blueprint.yaml")); !bytes.Equal(before, after) {
		t.Error("the blueprint has changed")
	}
	if _, stdout, _ := d.run("--all"); strings.Count(stdout, " found ") != 3 {
		t.Errorf("something was changed:\n%s", stdout)
	}
}

// TestBreakdownsMisused: the command says what is wrong with its arguments.
func TestBreakdownsMisused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"breakdowns lst", `did you mean "list"?`},
		{"breakdowns list aa11", "is one argument too many"},
		{"breakdowns show", "show is about one breakdown"},
		{"breakdowns move aa11", "move needs --to"},
		{"breakdowns move aa11 --to confrmed", `did you mean "confirmed"?`},
		{"breakdowns move aa11 --to confirmed --overdue", "move does not take --overdue"},
		{"breakdowns move aa11 --to dismissed", "--to dismissed needs --cause"},
		{"breakdowns move aa11 --to planned --owner a", "--to planned needs --action"},
		{"breakdowns move aa11 --to planned --action a:1", "--to planned needs --owner"},
		{"breakdowns move aa11 --to planned --action a --owner a", "is not NAME:ID"},
		{"breakdowns move aa11 --to mended --cause intended", "--cause is for --to dismissed"},
		{"breakdowns move aa11 --to mended --owner _x", "is no name"},
		{"breakdowns list --store x", "list does not take --store"},
		{"breakdowns --sort agee", `did you mean "age"?`},
		{"breakdowns --tz Nowhere", "there is no time zone"},
		{"breakdowns --at noon", "is no time"},
		{"breakdowns move aa11 --to confirmed --at 2999-01-01", "is yet to come"},
		{"watch a.db b.db -b x.yaml", "is one argument too many"},
		{"watch -b x.yaml", "no archive is named"},
		{"watch a.db", "no blueprint is named"},
		{"watch a.db -b x.yaml --every 10ms", "give 1s to 24h"},
		{"watch a.db -b x.yaml --tz Nowhere", "there is no time zone"},
		{"watch a.db -b x.yaml --wait -1s", "give 0s or more"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), nil, &out, &errs); code != exitUsage || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: %d %s, want …%s…", c.args, code, errs.String(), c.want)
		}
	}
}

// TestCostSoFar: with a blueprint, a breakdown has what it has cost by now, and else what it had cost at its last step.
func TestCostSoFar(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, blueprint := filepath.Join(dir, "archive.db"), filepath.Join(dir, "b.yaml")
	town(t, path)
	if err := os.WriteFile(blueprint, []byte(mendingBlueprint), 0o600); err != nil {
		t.Fatal(err)
	}
	archive, err := sqlarchive.OpenSQLite(path)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -10)
	e := event.Event{
		ID: event.NewID(at), Kind: event.JourneyStageEntered, Stage: "found", Time: at, Journey: event.Run{Name: "breakdown", ID: "aa11", Started: at},
		Breakdown: &event.Breakdown{About: "journey", Journey: "checkout", Began: at.AddDate(0, 0, -2), Before: 0.1, Since: 0.4, Excess: 36, Customers: 36},
	}
	if err := errors.Join(archive.Export(t.Context(), []event.Event{e}), archive.Shutdown(t.Context())); err != nil {
		t.Fatal(err)
	}
	// 12 days with 24 of 60 runs that failed, where 6 are usual, each of another customer.
	for want, args := range map[string][]string{" 36 customers ": nil, " 216 customers ": {"-b", blueprint}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"breakdowns", "--archive", path, "--tz", "UTC"}, args...), nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), want) {
			t.Errorf("%v: %d, want %q in\n%s%s", args, code, want, &out, &errs)
		}
	}
}

// TestBreakdownsAway: without a service the step is in the store, and the command says which process takes it.
func TestBreakdownsAway(t *testing.T) {
	t.Parallel()
	d := newMendingDesk(t)
	d.find(time.Now())
	if err := d.client.Shutdown(d.ctx); err != nil {
		t.Fatal(err)
	}
	code, all := d.move("aa11", "confirmed", "--wait", "1ms")
	want := "Check that a service, or cairn watch with --deliver, runs on it\n"
	if code != exitDoubt || !strings.Contains(all, want) {
		t.Errorf("move: %d %s, want …%s", code, all, want)
	}
}
