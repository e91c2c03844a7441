package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// peopleAwk computes the numbers of contacts with people from a CSV log with the columns case, activity, timestamp, channel, group,
// resource, wait, talk, hold, wrap, by group and channel, without Cairn's code. It prints for each the contacts, those with a wait, the
// answered ones of these and the sum of their waits, those that left after 6 seconds or later, the others that count for the abandonment,
// the handled ones and their time, and for the service level of 20 seconds the counted and the good.
const peopleAwk = `
BEGIN { FS = ","; name["Internet"] = "web"; name["Desk"] = "in_person"; name["e-mail"] = "email"; name["Post"] = "post"; name["Intern"] = "other" }
NR > 1 {
	k = $5 "|" name[$4]; n[k]++
	answered = $6 != "" || $8 > 0 || $9 > 0 || $10 > 0
	if ($7 != "") {
		queued[k]++
		if (answered) { quick[k]++; waited[k] += $7 } else if ($7 >= 6) left[k]++
		if (answered || $7 >= 6) { base[k]++; counted[k]++; if (answered && $7 <= 20) good[k]++ }
	}
	if (answered) { handled[k]++; worked[k] += $8 + $9 + $10 }
}
END { for (k in n) printf "%s|%d|%d|%d|%d|%d|%d|%d|%d|%d|%d\n", k, n[k], queued[k], quick[k], waited[k], left[k], base[k], handled[k], worked[k], counted[k], good[k] }`

// derived adds the columns wait, talk, hold and wrap to a log of six columns. A number that follows from the row's place decides them, and
// leaves every fifth row without an employee and without an answer.
const derived = `BEGIN { FS = OFS = "," } NR == 1 { print $0, "wait", "talk", "hold", "wrap"; next }
{ if (NR % 5 == 0) print $1, $2, $3, $4, $5, "", NR*7%45, "", "", ""; else print $0, NR%11 == 0 ? "" : NR*7%45, NR*13%300, NR%3*10, NR%4*15 }`

func runAwk(t *testing.T, program, file string) string {
	t.Helper()
	path, err := exec.LookPath("awk")
	if err != nil {
		skip(t, "awk is not installed, which counts independently")
	}
	out, err := exec.CommandContext(t.Context(), path, program, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// randomCalls writes a log in the same form. Its answers do not depend on its waits, as those of derived do not.
func randomCalls(t *testing.T, file string) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 1))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	at := time.Date(2026, 2, 27, 20, 0, 0, 0, time.UTC)
	var b strings.Builder
	b.WriteString("case,activity,timestamp,channel,group,resource,wait,talk,hold,wrap\n")
	number := func(most int) string {
		if random.IntN(4) == 0 {
			return ""
		}
		return fmt.Sprint(random.IntN(most))
	}
	for i := range 4000 {
		at = at.Add(time.Duration(random.IntN(300)) * time.Second)
		wait := number(40)
		if wait == "" {
			wait = pick("", "0", "5", "6", "20", "21") // the bounds of the definitions
		}
		fmt.Fprintf(&b, "call-%d,Confirmation of receipt,%s,%s,%s,%s,%s,%s,%s,%s\n", i, at.Format(time.RFC3339), pick("Internet", "Desk", "e-mail", "Post"),
			pick("billing", "orders", "Ärger"), pick("", "", "anna", "ben"), wait, number(2), number(30), number(3))
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// numbersOf returns the lines of peopleAwk as the report has them.
func numbersOf(p *report.People) (lines []string) {
	for i := range p.ByChannel {
		q := &p.ByChannel[i]
		product := func(mean *float64, n int64) float64 {
			if mean == nil {
				return 0
			}
			return *mean * float64(n)
		}
		base := q.Queued - q.ShortAbandons
		if got, want := product(q.Abandonment, base), float64(q.Abandoned); fmt.Sprintf("%.6f", got) != fmt.Sprintf("%.6f", want) {
			lines = append(lines, fmt.Sprintf("%s: an abandonment of %v", q.Name, *q.Abandonment))
		}
		lines = append(lines, fmt.Sprintf("%s|%s|%d|%d|%d|%.0f|%d|%d|%d|%.0f", q.Name, q.Channel, q.Contacts, q.Queued, q.Answered, product(q.SpeedOfAnswer, q.Answered),
			q.Abandoned, base, q.Handled, product(q.HandleTime, q.Handled)))
	}
	return lines
}

var documentedQuery = regexp.MustCompile("(?s)```sql\n(.*?)```")

// inArchive returns the answer of a query of the archive's document, with the cells of each row between |.
func inArchive(t *testing.T, db *sql.DB, behind string) (lines []string) {
	t.Helper()
	page, err := os.ReadFile("../../exporters/sqlarchive/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), behind)
	query := documentedQuery.FindStringSubmatch(rest)
	if !found || query == nil {
		t.Fatalf("the archive's document has no query after %q", behind)
	}
	rows, err := db.QueryContext(t.Context(), strings.ReplaceAll(query[1], "2026-01-01", "2000-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, c := range cells {
			texts = append(texts, fmt.Sprint(c))
		}
		lines = append(lines, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// samePeople replays the log, and compares the report and the archive with awk.
func samePeople(t *testing.T, file string) {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "archive.db")
	r := replayed(t, "--blueprint", "../../examples/permits/blueprint.yaml", "--archive", archive, "--map",
		"case=case,activity=activity,time=timestamp,channel=channel,group=group,resource=resource,intent=activity,wait=wait,talk=talk,hold=hold,wrap=wrap", file)
	if r.People == nil {
		t.Fatal("the report has no contacts with people")
	}
	lines := strings.Split(strings.TrimSpace(runAwk(t, peopleAwk, file)), "\n")
	slices.Sort(lines)
	var want, level []string
	for _, line := range lines {
		cells := strings.Split(line, "|")
		want = append(want, strings.Join(cells[:10], "|"))
		if cells[10] != "0" {
			level = append(level, strings.Join([]string{cells[0], cells[1], cells[10], cells[11]}, "|"))
		}
	}
	got := numbersOf(r.People)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report (-awk +report):\n%s", diff)
	}
	db, err := sql.Open("sqlite", archive)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answers []string
	for _, line := range inArchive(t, db, "Contacts with people, by queue and channel") {
		c := strings.Split(line, "|") // queue, channel, contacts, queued, answered, speed, abandoned, percent, handled, time, transfers
		answers = append(answers, strings.Join([]string{c[0], c[1], c[2], c[3], c[4], c[6], c[8]}, "|"))
	}
	counts := slices.Clone(want)
	for i := range counts {
		c := strings.Split(counts[i], "|")
		counts[i] = strings.Join([]string{c[0], c[1], c[2], c[3], c[4], c[6], c[8]}, "|")
	}
	slices.Sort(answers)
	slices.Sort(counts)
	if diff := cmp.Diff(counts, answers); diff != "" {
		t.Errorf("the archive (-awk +SQL):\n%s", diff)
	}
	answers = nil
	for _, line := range inArchive(t, db, "Service level, here within 20 seconds") {
		answers = append(answers, strings.Join(strings.Split(line, "|")[:4], "|"))
	}
	slices.Sort(answers)
	slices.Sort(level)
	if diff := cmp.Diff(level, answers); diff != "" {
		t.Errorf("the service level (-awk +SQL):\n%s", diff)
	}
	var waited, worked string // the sums, to the second
	if err := db.QueryRow(`SELECT CAST(sum(wait_seconds) FILTER (WHERE queued AND answered) AS INTEGER), CAST(sum(talk_seconds + hold_seconds + wrap_seconds) AS INTEGER) FROM legs`).Scan(&waited, &worked); err != nil {
		t.Fatal(err)
	}
	sums := runAwk(t, `BEGIN { FS = "," } NR > 1 { a = $6 != "" || $8 > 0 || $9 > 0 || $10 > 0; if (a && $7 != "") w += $7; k += $8 + $9 + $10 } END { printf "%d %d", w, k }`, file)
	if sums != waited+" "+worked {
		t.Errorf("the archive's sums are %s and %s, awk's %s", waited, worked, sums)
	}
	var intents int64
	if err := db.QueryRow("SELECT count(intent) FROM touchpoints").Scan(&intents); err != nil || intents != r.Events || r.People.WithIntent != r.Events {
		t.Errorf("the archive has %d intents, the report %d, want %d: %v", intents, r.People.WithIntent, r.Events, err)
	}
}

// TestReplayPeople: the report and the archive say of random contacts what awk computes from the log.
func TestReplayPeople(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "calls.csv")
	randomCalls(t, file)
	samePeople(t, file)
}

// TestReplayPermitPeople: the same for a real log by its groups and channels. It has no waits and no times of talk, which are derived from
// the place of each row.
func TestReplayPermitPeople(t *testing.T) {
	t.Parallel()
	log := permitLog(t)
	file := filepath.Join(t.TempDir(), "permits.csv")
	if err := os.WriteFile(file, []byte(runAwk(t, derived, log)), 0o600); err != nil {
		t.Fatal(err)
	}
	samePeople(t, file)
	r := replayed(t, "--blueprint", "../../examples/permits/blueprint.yaml", "--map", "case=case,activity=activity,time=timestamp,channel=channel,group=group,resource=resource", log)
	got := map[string]int64{}
	for _, q := range r.People.Queues {
		if got[q.Name] = q.Handled; q.Queued > 0 || q.Contacts != q.Handled {
			t.Errorf("%s: %d contacts, %d queued, %d handled: want all handled, without a queue", q.Name, q.Contacts, q.Queued, q.Handled)
		}
	}
	want := map[string]int64{}
	for line := range strings.FieldsFuncSeq(runAwk(t, `BEGIN { FS = "," } NR > 1 { n[$5]++ } END { for (g in n) print n[g] "," g }`, log), func(r rune) bool { return r == '\n' }) {
		n, group, _ := strings.Cut(line, ",")
		var count int64
		if _, err := fmt.Sscan(n, &count); err != nil {
			t.Fatal(err)
		}
		want[group] = count
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the groups (-awk +report):\n%s", diff)
	}
}

// TestArchiveIsNew: a replay makes a new archive, and leaves an existing file alone.
func TestArchiveIsNew(t *testing.T) {
	t.Parallel()
	file, archive := filepath.Join(t.TempDir(), "calls.csv"), filepath.Join(t.TempDir(), "archive.db")
	randomCalls(t, file)
	if err := os.WriteFile(archive, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	code := run(t.Context(), []string{
		"replay", "--blueprint", "../../examples/permits/blueprint.yaml", "--archive", archive, "--map", "case=case,activity=activity,time=timestamp", file,
	}, nil, &stdout, &stderr)
	if code != exitFault || !strings.Contains(stderr.String(), "a second replay would count its events twice: name a new file") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if data, err := os.ReadFile(archive); err != nil || string(data) != "mine" {
		t.Errorf("the file is %q, %v", data, err)
	}
}

// TestPeopleKeepEmployees: an employee leaves the process only as an HMAC under the key of --customer-key-file.
func TestPeopleKeepEmployees(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, key := filepath.Join(dir, "calls.csv"), filepath.Join(dir, "key")
	randomCalls(t, file)
	if err := os.WriteFile(key, []byte("a key of at least 16 bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, with := range []bool{false, true} {
		archive := filepath.Join(dir, fmt.Sprintf("%v.db", with))
		args := []string{"--blueprint", "../../examples/permits/blueprint.yaml", "--archive", archive, "--map", "case=case,activity=activity,time=timestamp,resource=resource"}
		if with {
			args = append(args, "--customer-key-file", key)
		}
		replayed(t, append(args, file)...)
		db, err := sql.Open("sqlite", archive)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var agents, named, events int
		if err := db.QueryRow(`SELECT count(DISTINCT agent), count(*) FILTER (WHERE agent IN ('anna', 'ben') OR event LIKE '%anna%'), count(*) FROM touchpoints`).Scan(&agents, &named, &events); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 2}[with]; agents != want || named > 0 || events != 4000 {
			t.Errorf("with a key %v: %d employees of %d contacts, %d by name; want %d of 4000, none by name", with, agents, events, named, want)
		}
	}
}
