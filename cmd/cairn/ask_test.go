package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// askedTickets runs cairn ask on the tickets of examples.
func askedTickets(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append(append([]string{"ask"}, args...), "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv"), nil, &out, &errs)
	return out.String(), errs.String(), code
}

// TestAsk compares the answer to each question with testdata/ask/NAME.golden.
func TestAsk(t *testing.T) {
	t.Setenv("COLUMNS", "80")
	names := map[string]bool{}
	for _, c := range []struct{ name, args string }{
		{"outcomes", "outcomes"},
		{"reopened", "reopened"},
		{"promises", "promises --by team --due 2026-03-31"},
		{"compare", "compare --by team,impact --measure kept:solved"},
		{"periods", "periods --week 2026-W12 --compare previous --journey ticket"},
		{"time", "time"},
		{"funnel", "funnel --from 2026-03-09 --until 2026-03-20 --compare previous"},
		{"paths", "paths --top 3 --where impact=high"},
		{"goes-with", "goes-with --bad broken:solved"},
		{"goes-with-ended-in", "goes-with --bad ended-in:waiting"},
		{"worse", "worse --bad broken:solved --from 2026-03-16 --until 2026-03-20 --compare 2026-03-02..2026-03-13"},
		{"breakdowns", "breakdowns"},
		{"voice", "voice"},
		{"support", "support"},
		{"few", "outcomes --where team=red --journey ticket --from 2026-03-02 --until 2026-03-02"},
		{"young", "compare --by team --at 2026-03-06 --journey ticket"},
		{"json", "promises --json --week 2026-W10"},
	} {
		names[strings.Fields(c.args)[0]] = true
		stdout, stderr, code := askedTickets(t, strings.Fields(c.args)...)
		golden(t, filepath.Join("ask", c.name), fmt.Sprintf("$ cairn ask %s\n%s--- stderr\n%s--- exit code %d\n", c.args, stdout, stderr, code))
	}
	for _, q := range askQuestions() {
		if !names[q.name] {
			t.Errorf("no case asks %s", q.name)
		}
	}
}

// TestAskAgreesWithReplay: the numbers of a table are those of the report of a replay, which counts them in another way.
func TestAskAgreesWithReplay(t *testing.T) {
	t.Parallel()
	const folder = "../../examples/tickets/"
	r := replayed(t, folder+"blueprint.yaml", folder+"tickets.csv")
	if len(r.Journeys) != 2 {
		t.Fatalf("the report has %d journeys", len(r.Journeys))
	}
	type reply[T any] struct {
		Answers []struct {
			Journey string
			Answer  T
		}
	}
	var outcomes reply[insight.Outcomes]
	var promises reply[insight.Promises]
	decodedAnswer(t, &outcomes, "outcomes", "--json")
	decodedAnswer(t, &promises, "promises", "--json")
	for i := range r.Journeys {
		j := &r.Journeys[i]
		a := &outcomes.Answers[i].Answer
		got := []int64{a.Runs, a.Completed.Count, a.Failed.Count, a.Cancelled.Count, a.Silent.Count, a.Open.Count}
		want := []int64{j.Started, j.Ended.Completed, j.Ended.Failed, j.Ended.Cancelled, j.Ended.Abandoned, j.Active}
		if outcomes.Answers[i].Journey != j.Name || !slices.Equal(got, want) || j.Started < 100 {
			t.Errorf("%s: %v, and the replay reports of %s %v", outcomes.Answers[i].Journey, got, j.Name, want)
		}
		for k := range j.Promises {
			p := &j.Promises[k]
			list := promises.Answers[0].Answer.List
			at := slices.IndexFunc(list, func(q insight.Promise) bool { return q.Journey == j.Name && q.Name == p.Name })
			if at < 0 {
				t.Fatalf("no answer is about the promise %q", p.Name)
			}
			got, want := []int64{list[at].Made, list[at].Kept.Count, list[at].Broken, list[at].Withdrawn}, []int64{p.Made, p.Kept, p.Broken, p.Withdrawn}
			if !slices.Equal(got, want) || p.Made < 100 {
				t.Errorf("the promise %s: %v, and the replay reports %v", p.Name, got, want)
			}
		}
	}
}

// decodedAnswer decodes an answer about the tickets.
func decodedAnswer(t *testing.T, into any, args ...string) {
	t.Helper()
	stdout, stderr, code := askedTickets(t, args...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if err := json.Unmarshal([]byte(stdout), into); err != nil {
		t.Fatal(err)
	}
}

// TestAskFaults: what is wrong with a question is said with the place and the remedy, by the exit codes of the other commands.
func TestAskFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args, says string
		code       int
	}{
		{"", "no question is named", exitUsage},
		{"outcoms", `did you mean "outcomes"?`, exitUsage},
		{"whatever", "ask one of outcomes, reopened", exitUsage},
		{"compare", "compare needs --by", exitUsage},
		{"periods --month 2026-03", "periods needs --compare", exitUsage},
		{"worse", "worse needs --compare", exitUsage},
		{"outcomes --by actor", "outcomes takes no --by: leave it out, or ask promises or compare", exitUsage},
		{"outcomes --top 0", "--top 0: write 1 or more", exitUsage},
		{"compare --by team --measure kept", "--measure: \"kept\" is neither kept:PROMISE nor", exitUsage},
		{"compare --by team --measure kept:", "--measure", exitUsage},
		{"compare --by team --measure completd", `did you mean "completed"?`, exitUsage},
		{"compare --by team --measure open", "--measure", exitUsage},
		{"goes-with --bad broken", "--bad", exitUsage},
		{"goes-with --bad completed", "--bad", exitUsage},
		{"goes-with --bad ended-in:", "ended-in:STAGE", exitUsage},
		{"goes-with --bad ended-at:working", `did you mean "ended-in"?`, exitUsage},
		{"goes-with --bad faild-at:taken", `did you mean "failed-at"?`, exitUsage},
		{"promises --due later", "--due", exitUsage},
		{"outcomes --where team", "write COLUMN=VALUE", exitUsage},
		{"outcomes --journey tickt", `did you mean "ticket"?`, exitFault},
		{"compare --by team --measure kept:solvd", `did you mean "solved"?`, exitFault},
		{"goes-with --bad broken:solvd", `did you mean "solved"?`, exitFault},
		{"goes-with --bad ended-in:wating", `the blueprint has no stage "wating": did you mean "waiting"?`, exitFault},
		{"goes-with --bad ended-in:nowhere", "it has ", exitFault},
		{"goes-with --bad failed-at:nothing", `the blueprint has no touchpoint "nothing": it has `, exitFault},
		{"goes-with --bad missed:solved", "there is no objective", exitFault},
		{"compare --by tema", `did you mean "team"?`, exitFault},
		{"outcomes --strict --time-format mdy", "tickets.csv:", exitFault},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"ask"}, strings.Fields(c.args)...)
		if c.args != "" {
			args = append(args, "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv")
		}
		code := run(t.Context(), args, nil, &out, &errs)
		if code != c.code || !strings.Contains(errs.String(), c.says) || !strings.Contains(errs.String(), "cairn ask: ") || out.Len() > 0 {
			t.Errorf("cairn %s: exit code %d, want %d; it says %q, want %q in it; stdout %q", strings.Join(args, " "), code, c.code, errs.String(), c.says, out.String())
		}
	}
}

// TestAskBadNamed: what is bad at a touchpoint, in a stage and for a cause, is asked of the journeys that can have it.
func TestAskBadNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bad, says string
		journeys  int
	}{
		{"failed-at:resolved", `runs with the touchpoint "resolved"`, 1},
		{"ended-in:waiting", `runs that came to the stage "waiting"`, 1},
		{"ended-for:duplicate", `ended for the cause "duplicate"`, 2},
		{"broken:taken", `broke the promise "taken"`, 1},
	} {
		stdout, stderr, code := askedTickets(t, "goes-with", "--bad", c.bad)
		said := strings.Join(strings.Fields(stdout), " ")
		if code != exitOK || strings.Count(said, c.says) != c.journeys || strings.Count(said, "runs of 240 in the table") != c.journeys {
			t.Errorf("%s: exit code %d, want %q of %d journeys:\n%s%s", c.bad, code, c.says, c.journeys, stdout, stderr)
		}
	}
}

// withEveryFlag adds to args the flags that the question takes and others do not.
func (q *askQuestion) withEveryFlag(args ...string) []string {
	values := map[string]string{"by": "team", "measure": "failed", "bad": "broken:solved", "compare": "previous", "due": "2026-03-31"}
	for _, name := range slices.Concat(q.needs, q.takes) {
		args = append(args, "--"+name, values[name])
	}
	return args
}

// TestAskIgnoresNoFlag: a flag that a question does not use is refused, and the error names the questions that use it.
func TestAskIgnoresNoFlag(t *testing.T) {
	t.Parallel()
	asked := func(args []string) (code int, said string) {
		var out, errs bytes.Buffer
		code = run(t.Context(), append(args, "../../examples/tickets/blueprint.yaml", "../../examples/tickets/tickets.csv"), nil, &out, &errs)
		return code, out.String() + errs.String()
	}
	refused := 0
	for _, q := range askQuestions() {
		args := q.withEveryFlag("ask", q.name, "--from", "2026-03-09", "--until", "2026-03-20")
		if code, said := asked(args); code != exitOK {
			t.Errorf("%s: exit code %d: %s", args, code, said)
		}
		for name, value := range map[string]string{"by": "team", "measure": "completed", "bad": "not-completed", "compare": "previous", "due": "2026-03-31"} {
			if slices.Contains(args, "--"+name) {
				continue
			}
			refused++
			if code, said := asked(append(args, "--"+name, value)); code != exitUsage || !strings.Contains(said, q.name+" takes no --"+name+": leave it out, or ask ") {
				t.Errorf("%s --%s %s: exit code %d: %s", args, name, value, code, said)
			}
		}
	}
	if refused < 40 {
		t.Errorf("%d flags were tried", refused)
	}
}

// TestAskInDoubt: a log of which too many rows are faulty is answered, with the exit code 3.
func TestAskInDoubt(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{
		"b.yaml":  "version: 1\njourneys: [{name: a}]\ntouchpoints: [{name: x, journey: a}]\nlog: {columns: {case: case, activity: activity, time: time}}\n",
		"log.csv": "case,activity,time\n1,x,2026-03-02T10:00:00Z\n2,x,never\n3,x,2026-03-02T10:00:00Z\n",
	})
	for _, c := range []struct {
		allow string
		code  int
	}{{"1%", exitDoubt}, {"50%", exitOK}} {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"ask", "outcomes", "--allow", c.allow, filepath.Join(dir, "b.yaml"), filepath.Join(dir, "log.csv")}, nil, &out, &errs)
		if code != c.code || out.Len() == 0 {
			t.Errorf("--allow %s: exit code %d, want %d: %s%s", c.allow, code, c.code, &out, &errs)
		}
	}
}

// TestAskHostile: texts of a log cannot make a terminal obey, begin a line, or break the JSON.
func TestAskHostile(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	log.WriteString("case,activity,time,team\n")
	begin := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for i := range 40 {
		team := "plain"
		if i%2 == 0 {
			team = evil
		}
		for k, activity := range []string{"open", "close"}[:1+i%2] {
			fmt.Fprintf(&log, "c%d,%s,%s,\"%s\nsecond\tline\"\n", i, activity, begin.Add(time.Duration(i+k*24)*time.Hour).Format(time.RFC3339), team)
		}
	}
	dir := folderOf(t, map[string]string{"log.csv": log.String(), "b.yaml": `version: 1
journeys: [{name: ticket, abandon_after: 200d, stages: [{name: desk}], promises: [{name: solved, within: 30h}]}]
touchpoints: [{name: open, journey: ticket, stage: desk}, {name: close, journey: ticket, ends: completed}]
log: {columns: {case: case, activity: activity, time: time}, attributes: {team: team}}
`})
	for _, q := range askQuestions() {
		for _, flags := range [][]string{nil, {"--json"}} {
			var out, errs bytes.Buffer
			args := append(q.withEveryFlag("ask", q.name, "--from", "2026-03-03", "--until", "2026-03-03"), flags...)
			if code := run(t.Context(), append(args, filepath.Join(dir, "b.yaml"), filepath.Join(dir, "log.csv")), nil, &out, &errs); code != exitOK {
				t.Errorf("%s: exit code %d: %s", q.name, code, &errs)
			}
			if flags != nil && !json.Valid(out.Bytes()) {
				t.Errorf("%s: the JSON is not valid: %s", q.name, &out)
			}
			if list := obeyed(out.String() + errs.String()); len(list) > 0 && flags == nil {
				t.Errorf("%s: %q", q.name, list)
			}
			if strings.Contains(out.String(), "\nsecond") && flags == nil {
				t.Errorf("%s: a value begins a line:\n%s", q.name, &out)
			}
		}
	}
}

// TestAskFromEverySource: a log, the archive of its replay and the archive's events as JSON lines have the same answers.
func TestAskFromEverySource(t *testing.T) {
	t.Parallel()
	in := sourceFiles(t)
	flags := []string{in("blueprint.yaml"), in("log.csv"), "--customer-key-file", in("key")}
	replayed(t, append(flags, "--archive", in("archive.db"))...)
	lines, err := os.Create(in("events.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlarchive.DumpSQLite(t.Context(), in("archive.db"), lines), lines.Close()); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"outcomes", "promises", "time", "paths"} {
		var want string
		for i, source := range [][]string{flags, {in("blueprint.yaml"), in("archive.db")}, {in("blueprint.yaml"), in("events.jsonl")}} {
			var out, errs bytes.Buffer
			if code := run(t.Context(), append([]string{"ask", q, "--json"}, source...), nil, &out, &errs); code != exitOK {
				t.Fatalf("%s: exit code %d: %s", q, code, &errs)
			}
			if i == 0 {
				want = out.String()
			} else if out.String() != want {
				t.Errorf("%s of %q is\n%s, and of the log\n%s", q, source, &out, want)
			}
		}
	}
}
