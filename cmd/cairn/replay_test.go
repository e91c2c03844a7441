package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
)

const shopMap = "case=order,activity=step,time=at"

// TestReplay compares the output and the exit code of the command with testdata/replay/NAME.golden.
func TestReplay(t *testing.T) {
	t.Parallel()
	shop := []string{"--blueprint", "testdata/replay/shop.yaml", "--map", shopMap}
	full := []string{"--blueprint", "testdata/replay/shop.yaml", "--map", shopMap + ",channel=on,outcome=how"}
	contacts := []string{"--blueprint", "testdata/replay/contacts.yaml", "--map", shopMap + ",channel=on,customer=who,outcome=how,direction=way,purpose=why"}
	tests := []struct {
		name, reason, stdin string
		args                []string
		code                int
	}{
		{"table", "for a product lead", "", append(full, "testdata/replay/shop.csv"), exitOK},
		{"json", "for scripts", "", append(full, "--json", "testdata/replay/shop.csv"), exitOK},
		{"until", "runs are followed until then, so silent runs are abandoned", "", append(full, "testdata/replay/shop.csv", "--until", "2026-02-01"), exitOK},
		{"until-before", "runs that began later are outside the period, and rows of earlier runs are not", "", append(full, "testdata/replay/shop.csv", "--until=2026-01-31T09:46Z"), exitOK},
		{"from", "runs that began earlier are outside the period with all their rows", "", append(full, "testdata/replay/shop.csv", "--from=2026-01-31T09:00:30Z"), exitOK},
		{"no-period", "no run began in the period", "", append(full, "testdata/replay/shop.csv", "--from=2026-02-01"), exitFault},
		{"allowed", "the user allows all faults", "", append(shop, "--allow", "unknown,rejected", "testdata/replay/bad.csv"), exitOK},
		{"strict-name", "an unknown name stops the replay, too", "", append(shop, "--strict", "testdata/replay/unknown.csv"), exitFault},
		{"strict-allowed", "unknown names are allowed, so only rows that cannot be read stop the replay", "", append(shop, "--strict", "--allow", "unknown", "testdata/replay/unknown.csv"), exitOK},
		{"strict-event", "an unknown name in an event stops the replay, too", "", []string{"--blueprint=testdata/replay/shop.yaml", "--strict", "testdata/replay/events.jsonl"}, exitFault},
		{"empty", "a log without rows", "order,step,at\n", append(shop, "-"), exitFault},
		{"empty-json", "an event log without events", "\n\n", []string{"--blueprint=testdata/replay/shop.yaml", "testdata/replay/empty.jsonl"}, exitFault},
		{"service", "every key of a blueprint", "", []string{"--blueprint=testdata/replay/service.yaml", "testdata/replay/service.jsonl"}, exitOK},
		{"service-json", "the same report for scripts", "", []string{"--blueprint=testdata/replay/service.yaml", "--json", "testdata/replay/service.jsonl"}, exitOK},
		{"tz", "the zone of times without an offset", "", append(full, "--tz", "Europe/Amsterdam", "--until", "2026-01-31T08:46:00Z", "--json", "testdata/replay/shop.csv"), exitOK},
		{"bad", "rows that cannot be read, and unknown names", "", append(shop, "testdata/replay/bad.csv"), exitDoubt},
		{"strict", "the replay stops at the first fault", "", append(shop, "--strict", "testdata/replay/bad.csv"), exitFault},
		{"events", "Cairn's own events", "", []string{"--blueprint=testdata/replay/shop.yaml", "testdata/replay/events.jsonl"}, exitDoubt},
		{"stdin", "a pipe", "order;step;at\n1;fill-cart;1769850000\n", append(shop, "--delimiter", ";", "-"), exitOK},
		{"one-journey", "unknown touchpoints belong to the only journey", "order,step,at\n1,fill-cart,1769850000\n1,T06,1769850001\n", []string{"--blueprint", "testdata/replay/permit.yaml", "--map", shopMap, "-"}, exitDoubt},
		{"stages", "the log names stages, and the blueprint has no touchpoints for them", "order,step,at\n1,fill-cart,1769850000\n1,confirmation,1769850001\n", append(shop, "-"), exitDoubt},
		{"strict-stage", "the same, with --strict", "order,step,at\n1,fill-cart,1769850000\n1,confirmation,1769850001\n", append(shop, "--strict", "-"), exitFault},
		{"customers", "the customer column needs a key", "", []string{"--blueprint", "testdata/replay/shop.yaml", "--map", shopMap + ",customer=who", "--json", "testdata/replay/shop.csv"}, exitOK},
		{"contacts", "which contacts the policy would have refused", "", append(contacts, "testdata/replay/contacts.csv"), exitDoubt},
		{"contacts-json", "the same report for scripts", "", append(contacts, "--json", "testdata/replay/contacts.csv"), exitDoubt},
		{"contacts-from", "windows reach back before the period", "", append(contacts, "--from=2026-03-10", "testdata/replay/contacts.csv"), exitDoubt},
		{"contacts-strict", "a purpose that the policy does not have stops the replay, too", "order,step,at,on,who,how,way,why\no-5,call,2026-04-07T10:00:00Z,,cem,ok,outbound,ofer\n", append(contacts, "--strict", "-"), exitFault},
		{"efforts", "matters of customers across contacts", "", []string{
			"--blueprint=testdata/replay/efforts.yaml", "--customer-key-file=testdata/replay/key", "--allow=unknown",
			"--map=case=ref,activity=what,time=at,channel=on,customer=who,outcome=how,resource=agent,wait=wait,talk=talk,intent=why", "testdata/replay/efforts.csv",
		}, exitOK},
		{"contacts-none", "the policy was not tried", "order,step,at,on,who,how,way,why\no-1,buy,2026-03-01T10:00:00Z,web,ann,ok,,\n", append(contacts, "-"), exitOK},
		{"contacts-alone", "the file of docs/contact.md, which has no journeys", "mailing,template,sent,to,by\nm1,survey-mail,2026-03-02T10:00:00Z,ann,email\nm2,survey-mail,2026-03-12T10:00:00Z,ann,email\nm3,offer-mail,2026-03-12T22:30:00Z,bob,email\n", []string{"-b", "testdata/replay/contact.yaml", "--map", "case=mailing,activity=template,time=sent,customer=to,channel=by", "-"}, exitOK},
		{"contacts-no-policy", "there is nothing to judge by", "order,step,at,why\n1,fill-cart,2026-03-01T10:00:00Z,offer\n", []string{"--blueprint", "testdata/replay/shop.yaml", "--map", shopMap + ",purpose=why", "-"}, exitOK},
		{"nothing-read", "the wrong column", "order,step,at\n1,fill-cart,soon\n", append(shop, "-"), exitFault},
		{"no-columns", "a typing mistake", "order,stepp,at\n", append(shop, "-"), exitFault},
		{"no-map", "a CSV file needs --map", "order,step,at\n", []string{"--blueprint", "testdata/replay/shop.yaml", "-"}, exitFault},
		{"no-log", "the file does not exist", "", append(shop, "testdata/replay/none.csv"), exitFault},
		{"mistakes", "the blueprint is invalid", "", []string{"--blueprint", "testdata/mistakes.yaml", "--map", shopMap, "-"}, exitFault},
		{"nothing", "a log is required", "", nil, exitUsage},
		{"usage", "one error reports all faults of the command line", "", []string{
			"--map", "case=a,activty=b", "--delimiter", "::", "--tz", "Mars", "--until", "soon", "--memory", "1KiB", "--otlp", "localhost:4317", "--allow", "some", "-", "-",
		}, exitUsage},
		{"help", "the user asks for help", "", []string{"-h"}, exitOK},
		{"flag", "the flag does not exist", "", []string{"--fast", "x"}, exitUsage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			args := append([]string{"replay"}, tt.args...)
			if code := run(t.Context(), args, strings.NewReader(tt.stdin), &stdout, &stderr); code != tt.code {
				t.Errorf("the exit code is %d, want %d: %s", code, tt.code, tt.reason)
			}
			golden(t, "replay/"+tt.name, fmt.Sprintf("$ cairn %s\n%s--- stderr\n%s--- exit code %d\n", strings.Join(args, " "), &stdout, &stderr, tt.code))
		})
	}
}

// replayed runs the command with --json and returns the report.
func replayed(t *testing.T, args ...string) report.Report {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"replay", "--json"}, args...), nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// awk counts the rows of a log, its cases, and the rows of each activity, independently of Cairn's code.
func awk(t *testing.T, file string) (rows, cases int64, activities map[string]int64) {
	t.Helper()
	path, err := exec.LookPath("awk")
	if err != nil {
		skip(t, "awk is not installed, which counts independently")
	}
	out, err := exec.CommandContext(t.Context(), path, "-F,",
		`NR>1{n++;c[$1]++;a[$2]++} END{print n; print length(c); for(x in a) print a[x] "," x}`, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	activities = map[string]int64{}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		number, name, _ := strings.Cut(line, ",")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch i {
		case 0:
			rows = n
		case 1:
			cases = n
		default:
			activities[name] = n
		}
	}
	return rows, cases, activities
}

// checkCounts compares a report with the counts of awk. Every case begins with the touchpoint first.
func checkCounts(t *testing.T, r *report.Report, file, first string) {
	t.Helper()
	rows, cases, activities := awk(t, file)
	if r.Events != rows || r.Rejected != 0 || r.Unknown != 0 {
		t.Errorf("%d events, %d rejected, %d unknown; awk counts %d rows", r.Events, r.Rejected, r.Unknown, rows)
	}
	got := map[string]int64{}
	for _, j := range r.Journeys {
		ends := j.Ended.Completed + j.Ended.Failed + j.Ended.Cancelled + j.Ended.Abandoned
		if j.Started != ends+j.Active {
			t.Errorf("%s: %d started, %d ended and %d active", j.Name, j.Started, ends, j.Active)
		}
		for _, p := range j.Touchpoints {
			if p.Count > 0 {
				got[p.Name] = p.Count
			}
			if p.Name == first && j.Started != cases {
				t.Errorf("%s: %d started; awk counts %d cases", j.Name, j.Started, cases)
			}
		}
	}
	if diff := cmp.Diff(activities, got); diff != "" {
		t.Errorf("the counts of touchpoints (-awk +replay):\n%s", diff)
	}
}

// TestReplayCounts compares the counts of a log in the shape of the permit log with those of awk, for every
// order of the rows and every way of sorting.
func TestReplayCounts(t *testing.T) {
	t.Parallel()
	const rows = 30_000
	var reports []report.Report
	orders := []bool{false, true}
	if testing.Short() { // the other one has nothing more at the same time
		orders = orders[:1]
	}
	for _, byCase := range orders {
		content := syntheticLog(rows, byCase)
		file := filepath.Join(t.TempDir(), "log.csv")
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, _ = z.Write(content)
		_ = z.Close()
		for name, b := range map[string][]byte{file: content, file + ".gz": zipped.Bytes()} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args := []string{"--blueprint", "testdata/replay/permit.yaml", "--map", "case=case,activity=activity,time=time,channel=channel"}
		for _, more := range [][]string{{file}, {file + ".gz"}, {"--memory", "1MiB", file}} {
			r := replayed(t, append(args, more...)...)
			checkCounts(t, &r, file, syntheticSteps[0])
			r.Files = nil
			reports = append(reports, r)
		}
	}
	for i := range reports {
		if diff := cmp.Diff(reports[0], reports[i]); diff != "" {
			t.Errorf("the order of the rows changes the report (-first +order %d):\n%s", i, diff)
		}
	}
}

// TestReplayPermits compares the report of the permit log, a real log, with the counts of awk and with the
// model.
func TestReplayPermits(t *testing.T) {
	t.Parallel()
	file := permitLog(t)
	const promised = "../../examples/permits/blueprint.yaml"
	args := []string{"--blueprint", promised, "--map", "case=case,activity=activity,time=timestamp,channel=channel", file}
	r := replayed(t, args...)
	checkCounts(t, &r, file, "Confirmation of receipt")
	bp, err := yaml.Load(promised)
	if err != nil {
		t.Fatal(err)
	}
	rows := permitRows(t, bp, file)
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, period := range [][2]time.Time{{}, {year(2011), {}}, {{}, year(2011)}, {year(2011), year(2013)}} {
		more := slices.Clone(args)
		for i, flag := range []string{"--from", "--until"} {
			if !period[i].IsZero() {
				more = append(more, flag, period[i].Format(time.RFC3339))
			}
		}
		want, got := modelReport(bp, rows, period[0], period[1]), replayed(t, more...)
		want.Title, want.Blueprint, want.Files = report.Title, promised, []string{file}
		// The model knows no promises. TestReplayPermitPromise compares them, and what is overdue, with awk.
		promises := cmpopts.IgnoreFields(report.Journey{}, "Promises")
		overdue := cmpopts.IgnoreSliceElements(func(k report.FrictionKind) bool { return k.Kind == "overdue" })
		if diff := cmp.Diff(*want, got, promises, overdue, cmpopts.EquateApprox(1e-12, 2e-9)); diff != "" {
			t.Errorf("from %v until %v (-model +replay):\n%s", period[0], period[1], diff)
		}
	}
}

// permitLog returns the path of the permit log, which is not in the repository. If CAIRN_PERMITS is none, the
// machine does not have the log, and the test is skipped whatever CAIRN_NO_SKIP is.
func permitLog(t *testing.T) string {
	t.Helper()
	switch file := os.Getenv("CAIRN_PERMITS"); file {
	case "none":
		t.Skip("skipped: CAIRN_PERMITS is none: this machine does not have the permit log")
	case "":
		skip(t, "CAIRN_PERMITS does not say where the permit log is, permit-requests.csv, and does not say none: see examples/permits")
	default:
		return file
	}
	return ""
}

// permitRows reads the permit log with the standard library.
func permitRows(t *testing.T, bp *blueprint.Blueprint, file string) (rows []modelRow) {
	t.Helper()
	f, err := os.Open(file) //nolint:gosec // the file that the tester names
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		at, err := time.Parse("2006-01-02 15:04:05.999999Z07:00", r[2])
		if err != nil {
			t.Fatal(err)
		}
		channel := bp.Channels[r[3]]
		if channel == "" {
			channel = strings.ToLower(r[3])
		}
		rows = append(rows, modelRow{
			kind: event.TouchpointEnded, at: at.UTC(), csv: true, id: r[0], touch: r[1], channel: channel, outcome: "ok",
			journey: (&model{bp: bp}).definition(r[1]).Journey,
		})
	}
	return rows
}

func TestReplayInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "log.csv")
	if err := os.WriteFile(file, syntheticLog(60_000, true), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{
		"replay", "--blueprint", "testdata/replay/permit.yaml", "--map", "case=case,activity=activity,time=time", file,
	}, nil, &stdout, &stderr)
	if code != exitFault || stdout.Len() > 0 || !strings.Contains(stderr.String(), "context canceled") {
		t.Errorf("exit code %d, %q, %q", code, &stdout, &stderr)
	}
}
