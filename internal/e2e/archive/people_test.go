//go:build unix

package archive_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// helped returns random contacts with people, and the same as a raw log: a line for each leg, decision, view, reply and effort.
func helped(n int, seed uint64) (events []event.Event, log string) {
	random := rand.New(rand.NewPCG(seed, 7))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	yes := func(in int) bool { return random.IntN(in) == 0 }
	bit := func(b bool) int { return map[bool]int{true: 1}[b] }
	s := func(most int) event.Seconds { return event.Seconds(time.Duration(random.IntN(most+1)) * time.Second) }
	whole := func(d event.Seconds) int { return int(time.Duration(d) / time.Second) }
	var raw strings.Builder
	begin := time.Date(2026, 3, 2, 0, 0, 30, 0, time.UTC) // never midnight, which the databases write differently
	for i := range n {
		at := begin.Add(time.Duration(i) * 17 * time.Minute)
		e := event.Event{
			ID: event.NewID(at), Kind: event.TouchpointEnded, Time: at, Touchpoint: "contact", Outcome: event.OK,
			Channel: []event.Channel{event.Phone, event.Chat, event.Email}[random.IntN(3)], Assisted: &event.Assisted{},
		}
		if yes(12) {
			e.Actor = event.ActorSynthetic
		}
		if yes(9) {
			e.Direction = event.Outbound
		}
		if !yes(4) {
			e.Customer.Hash = fmt.Sprintf("%016x", random.IntN(40)+100)
		}
		e.Intent = pick("", "invoice", "delivery", event.Other)
		a := e.Assisted
		a.Claimed = []event.YesNo{event.NotSaid, event.Yes, event.No}[random.IntN(3)]
		for range random.IntN(4) {
			l := event.Leg{
				Queue: pick("billing", "orders", "", "Ärger"), Queued: !yes(5), Bot: yes(6), Wait: s(45), Start: s(3600),
				End: []event.LegEnd{0, event.LegFinished, event.LegTransferred, event.LegOverflowed, event.LegAbandoned, event.LegCallback, event.LegClosed}[random.IntN(7)],
			}
			if l.Answered = yes(2); l.Answered {
				l.Talk, l.Hold, l.Wrap = s(600), s(60), s(90)
			}
			a.Legs = append(a.Legs, l)
			fmt.Fprintf(&raw, "leg;%d;%s;%s;%s;%d;%d;%d;%d;%d;%d;%d;%s\n", i, l.Queue, e.Channel, e.Actor, bit(l.Queued), bit(l.Answered), bit(l.Bot), whole(l.Wait),
				whole(l.Talk), whole(l.Hold), whole(l.Wrap), l.End)
		}
		fmt.Fprintf(&raw, "contact;%s;%s;%s;%s;%s\n", at.Format("2006-01-02"), e.Customer.Hash, e.Intent, e.Direction, e.Actor)
		if yes(3) {
			a.Decisions = []event.Decision{{What: pick("refund", "replacement"), Approval: yes(2), Waited: s(300), Refused: yes(4)}}
			d := &a.Decisions[0]
			fmt.Fprintf(&raw, "decision;%s;%d;%d;%d;%s;%s\n", d.What, bit(d.Approval), whole(d.Waited), bit(d.Refused), a.Claimed, e.Actor)
		}
		if yes(3) {
			a.Views = []event.View{{Part: "orders", Age: s(900), Took: s(3), Found: !yes(3)}}
			v := &a.Views[0]
			fmt.Fprintf(&raw, "view;%s;%d;%d;%d;%s\n", v.Part, bit(v.Found), whole(v.Age), whole(v.Took), e.Actor)
		}
		if e.Channel == event.Email {
			a.Thread = &event.Thread{}
			queue := "" // the first one
			for k := len(a.Legs) - 1; k >= 0; k-- {
				if l := &a.Legs[k]; l.Queue != "" && !l.Bot {
					queue = l.Queue
				}
			}
			for k := range random.IntN(3) {
				r := event.Reply{After: s(7200), Open: s(3600)}
				a.Thread.Replies = append(a.Thread.Replies, r)
				fmt.Fprintf(&raw, "reply;%s;%d;%d;%d;%s\n", queue, k+1, whole(r.After), whole(r.Open), e.Actor)
			}
		}
		events = append(events, e)
		if yes(5) {
			f := &event.Effort{Began: at.Add(-time.Hour), Window: event.Seconds(7 * 24 * time.Hour), Contacts: 1 + random.IntN(4), Answered: random.IntN(2), Switches: random.IntN(3)}
			f.FirstContact = f.Contacts == 1 && f.Answered == 1
			events = append(events, event.Event{ID: event.NewID(at.Add(time.Second)), Kind: event.ContactResolved, Time: at, Customer: e.Customer, Intent: "invoice", Effort: f})
			fmt.Fprintf(&raw, "effort;%s;%d;%d;%d;%d\n", at.Format("2006-01-02"), f.Contacts, f.Answered, bit(f.FirstContact), f.Switches)
		}
	}
	return events, raw.String()
}

// peopleAwk has, for each documented query, a program of awk that computes the same from the raw log, without SQL and without Cairn.
// The header of each program has the functions that they share: half up is what both databases do.
var peopleAwk = map[string]string{
	"Contacts with people, by queue and channel": `
$1 == "leg" && !$8 && $5 != "synthetic" {
	k = none($3) " | " none($4); keys[k]
	if (!((k, $2) in seen)) { seen[k, $2]; contacts[k]++ }
	short = $6 && !$7 && $13 == "abandoned" && $9 < 6
	if ($6) { queued[k]++; if (!short) base[k]++ }
	if ($6 && $7) { answered[k]++; wait[k] += $9 }
	if ($6 && !$7 && $13 == "abandoned" && !short) abandoned[k]++
	if ($7) { handled[k]++; work[k] += $10 + $11 + $12; if ($13 == "transferred") transfers[k]++ }
}
END { for (k in keys) print k, contacts[k]+0, queued[k]+0, answered[k]+0, mean(wait[k], answered[k], 100), abandoned[k]+0, mean(100*abandoned[k], base[k], 10), handled[k]+0, mean(work[k], handled[k], 100), transfers[k]+0 }`,
	"Service level, here within 20 seconds": `
$1 == "leg" && $6 && !$8 && $5 != "synthetic" {
	k = none($3) " | " none($4)
	if ($7 && $9 <= 20) { n[k]++; a[k]++ }
	else if ($9 > 20 && ($7 || $13 != "abandoned" || $9 >= 6)) n[k]++
	else if (!$7 && $13 == "abandoned" && $9 >= 6) { n[k]++; b[k]++ }
}
END { for (k in n) print k, n[k], a[k]+0, mean(100*a[k], n[k], 10), mean(100*a[k], n[k]-b[k], 10), mean(100*(a[k]+b[k]), n[k], 10) }`,
	"First-contact resolution and repeats by week": `
$1 == "contact" && $6 != "synthetic" && $5 == "inbound" { w = monday($2); all[w]++; if ($3 != "" && $4 != "" && $4 != "_other") known[w]++ }
$1 == "effort" { w = monday($2); told[w]++; if ($4 > 0) efforts[w]++; else nobody[w]++; first[w] += $5; repeats[w] += $3 - 1; switches[w] += $6 }
END { for (w in told) all[w] += 0; for (w in all) print w, all[w], mean(100*known[w], all[w], 10), efforts[w]+0, first[w]+0, mean(100*first[w], efforts[w], 10), nobody[w]+0, repeats[w]+0, switches[w]+0 }`,
	"Replies to threads of messages, by the queue": `
$1 == "reply" && $6 != "synthetic" { k = none($2) " | " ($3 == 1 ? "first" : "next"); n[k]++; after[k] += $4; open[k] += $5 }
END { for (k in n) print k, n[k], mean(after[k], n[k], 100), mean(open[k], n[k], 100) }`,
	"Decisions: the share without an approval": `
$1 == "decision" && $7 != "synthetic" { k = $2 " | " $3; n[k]++; all[$2]++; name[k] = $2; lost[k] += $4; refused[k] += $5; if ($6 != "") said[k]++; if ($6 == "yes") yes[k]++ }
END { for (k in n) print k, n[k], mean(100*n[k], all[name[k]], 10), lost[k], refused[k], mean(100*yes[k], said[k], 10) }`,
	"What employees could see of the customer": `
$1 == "view" && $6 != "synthetic" { n[$2]++; took[$2] += $5; if ($3) { found[$2]++; age[$2] += $4 } }
END { for (k in n) print k, n[k], mean(100*found[k], n[k], 10), mean(age[k], found[k], 100), mean(took[k], n[k], 100) }`,
}

const awkHead = `
function none(s) { return s == "" ? "(none)" : s }
function mean(sum, n, unit) { return n > 0 ? sprintf("%.10g", int(sum/n*unit + 0.5 + 1e-9)/unit) : "NULL" }
function days(y, m, d) { if (m < 3) { y--; m += 12 } return 365*y + int(y/4) - int(y/100) + int(y/400) + int((153*(m-3)+2)/5) + d - 719469 }
function monday(s,   n, k) { # of the week of a day in March to May 2026
	n = days(substr(s,1,4)+0, substr(s,6,2)+0, substr(s,9,2)+0); n -= (n+3) % 7
	for (k = 0; k < 3; k++) if (n - days(2026, 3+k, 1) >= 0 && n - days(2026, 3+k, 1) < days(2026, 4+k, 1) - days(2026, 3+k, 1)) return sprintf("2026-%02d-%02d", 3+k, n - days(2026, 3+k, 1) + 1)
}
BEGIN { FS = ";"; OFS = " | " }
`

// awked runs a program of peopleAwk, and returns its lines in the order of their bytes.
func awked(t *testing.T, program, file string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `awk "$0" "$1" | LC_ALL=C sort`, awkHead+program, file).CombinedOutput()
	if err != nil {
		t.Fatalf("awk: %v: %s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestContactsByHand: the documented queries about contacts with people give, in both databases, what awk computes from the raw log,
// for contacts that were delivered in different orders, some of them twice.
func TestContactsByHand(t *testing.T) {
	events, log := helped(1200, 5)
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	server := servers.StartPostgres(t, servers.PostgresSetting("fsync", "off"))
	p := pool(t, server)
	inPostgres := openPostgres(t, p)
	inSQLite, db := openSQLite(t)
	shuffled(t, inPostgres, events, 3)
	shuffled(t, inSQLite, events, 4)
	for behind, program := range peopleAwk {
		query, want := documented(t, behind), awked(t, program, file)
		if diff := cmp.Diff(want, askSQLite(t, db, query)); diff != "" {
			t.Errorf("%s (-awk +SQLite):\n%.2000s", behind, diff)
		}
		if diff := cmp.Diff(want, askPostgres(t, p, "cairn", query)); diff != "" {
			t.Errorf("%s (-awk +PostgreSQL):\n%.2000s", behind, diff)
		}
		if len(want) == 0 || want[0] == "" {
			t.Errorf("%s: awk finds nothing", behind)
		}
	}
	sameAsDefinitions(t, events, askSQLite(t, db, documented(t, "Service level, here within 20 seconds")))
	peopleForgotten(t, p, db, inPostgres, inSQLite)
}

// sameAsDefinitions compares the documented query about the service level with package assist.
func sameAsDefinitions(t *testing.T, events []event.Event, lines []string) {
	t.Helper()
	counted, good := map[string]int{}, map[string]int{}
	for i := range events {
		e := &events[i]
		if e.Assisted == nil || e.Actor == event.ActorSynthetic {
			continue
		}
		for k := range e.Assisted.Legs {
			l := &e.Assisted.Legs[k]
			key := map[bool]string{true: l.Queue, false: "(none)"}[l.Queue != ""] + " | " + e.Channel.String()
			c, g := assist.Level{Within: 20 * time.Second}.Judge(l)
			if c {
				counted[key]++
			}
			if g {
				good[key]++
			}
		}
	}
	for _, line := range lines {
		cells := strings.Split(line, " | ")
		key := strings.Join(cells[:2], " | ")
		if want := fmt.Sprintf("%d %d", counted[key], good[key]); strings.Join(cells[2:4], " ") != want {
			t.Errorf("%s: the query counts %s, the definition %s", key, cells[2:4], want)
		}
		delete(counted, key)
	}
	if len(counted) > 0 {
		t.Errorf("the query has no line for %v", counted)
	}
}

// peopleForgotten: Forget and Prune leave no row of a list without its contact, and change the same rows in both databases.
func peopleForgotten(t *testing.T, p *pgxpool.Pool, db *sql.DB, inPostgres, inSQLite *sqlarchive.Archive) {
	t.Helper()
	lists := []string{"legs", "decisions", "views", "replies"}
	both := func(what string, do func(a *sqlarchive.Archive) (int64, error)) {
		n, err := do(inPostgres)
		m, err2 := do(inSQLite)
		if err != nil || err2 != nil || n != m || n == 0 {
			t.Errorf("%s: %d rows, %v; in SQLite %d rows, %v", what, n, err, m, err2)
		}
		for _, list := range lists {
			const orphans = "SELECT count(*) FROM %[1]s WHERE NOT EXISTS (SELECT 1 FROM touchpoints AS t WHERE t.id = %[1]s.touchpoint_id AND t.arrival = %[1]s.arrival)"
			query := fmt.Sprintf(orphans, list)
			if got := append(askPostgres(t, p, "cairn", query), askSQLite(t, db, query)...); got[0] != "0" || got[1] != "0" {
				t.Errorf("%s leaves rows in %s without their contacts: %v", what, list, got)
			}
			query = fmt.Sprintf("SELECT touchpoint_id, number, time FROM %s ORDER BY 1, 2", list)
			if diff := cmp.Diff(askPostgres(t, p, "cairn", query), askSQLite(t, db, query)); diff != "" {
				t.Errorf("%s: %s (-PostgreSQL +SQLite):\n%.2000s", what, list, diff)
			}
		}
	}
	both("Forget", func(a *sqlarchive.Archive) (int64, error) { return a.Forget(background, fmt.Sprintf("%016x", 103)) })
	both("Prune", func(a *sqlarchive.Archive) (int64, error) {
		return a.Prune(background, time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC))
	})
}

// TestFirstContactHolds: of two events with one ID the lists are those of the first to arrive, in one batch or in two, although the
// second has more.
func TestFirstContactHolds(t *testing.T) {
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		of := func(id byte, legs ...string) event.Event {
			e := event.Event{ID: event.ID{6: 0x70, 8: 0x80, 15: id}, Kind: event.TouchpointEnded, Time: at, Assisted: &event.Assisted{}}
			for _, queue := range legs {
				e.Assisted.Legs = append(e.Assisted.Legs, event.Leg{Queue: queue})
			}
			return e
		}
		for _, batch := range [][]event.Event{
			{of(1, "first"), of(1, "second", "second"), of(2, "second first")},
			{of(2, "third", "third"), of(1), of(3, "third")},
			{of(3, "fourth", "fourth"), of(4, "fourth", "fourth")},
		} {
			if err := a.Export(background, batch); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"first | 1", "fourth | 1", "fourth | 2", "second first | 1", "third | 1"}
		if diff := cmp.Diff(want, ask("SELECT queue, number FROM legs ORDER BY queue, number")); diff != "" {
			t.Errorf("the legs (-want +got):\n%s", diff)
		}
	})
}

// TestForgetsEmployee: both databases lose the employee, in the columns and in the JSON, and nothing else.
func TestForgetsEmployee(t *testing.T) {
	bothArchives(t, func(t *testing.T, a *sqlarchive.Archive, ask func(string) []string) {
		t.Helper()
		const gone, stays = "9f86d081884c7d659f86d081884c7d65", "2c26b46b68ffc68ff99b453c1d304134"
		events, _ := helped(60, 2)
		for i := range events {
			if events[i].Assisted == nil {
				continue
			}
			for k := range events[i].Assisted.Legs {
				events[i].Assisted.Legs[k].Agent = []string{gone, stays, ""}[(i+k)%3]
			}
		}
		if err := a.Export(background, events); err != nil {
			t.Fatal(err)
		}
		const numbers = "SELECT touchpoint_id, number, queue, answered, wait_seconds, talk_seconds FROM legs ORDER BY 1, 2"
		before := ask(numbers)
		n, err := a.ForgetEmployee(background, gone)
		if err != nil || n == 0 {
			t.Fatalf("ForgetEmployee changed %d events, %v", n, err)
		}
		if n, err := a.ForgetEmployee(background, gone); err != nil || n != 0 {
			t.Errorf("ForgetEmployee again changed %d events, %v", n, err)
		}
		if diff := cmp.Diff(before, ask(numbers)); diff != "" {
			t.Errorf("the legs (-before +after):\n%s", diff)
		}
		if got := ask("SELECT DISTINCT agent FROM legs WHERE agent IS NOT NULL UNION SELECT agent FROM touchpoints WHERE agent IS NOT NULL"); len(got) != 1 || got[0] != stays {
			t.Errorf("the employees are %q, want %q", got, stays)
		}
		if got := ask("SELECT count(*) FROM events WHERE CAST(event AS text) LIKE '%" + gone + "%'"); got[0] != "0" {
			t.Errorf("%s events have the employee", got[0])
		}
		for _, line := range ask("SELECT CAST(event AS text) FROM events") {
			if _, err := event.ParseJSON([]byte(line)); err != nil {
				t.Errorf("%.300s: %v", line, err)
			}
		}
	})
}
