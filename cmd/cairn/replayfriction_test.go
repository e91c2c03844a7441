package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const frictionBlueprint = `version: 1
journeys:
  - name: order
    stages: [{name: cart}, {name: address}, {name: payment}]
touchpoints:
  - {name: cart, journey: order, stage: cart}
  - {name: address, journey: order, stage: address}
  - {name: pay, journey: order, stage: payment}
  - {name: help, journey: order}
  - {name: sent, journey: order, ends: completed}
`

// frictionAwk counts friction in a CSV log with the columns case, activity, timestamp, outcome and channel, without Cairn's code. The rows
// of a case are in the order of time, and each is over before the next one begins. The last row of a case that ends is sent.
const frictionAwk = `
BEGIN { FS = ","; stage["cart"] = stage["address"] = stage["pay"] = 1 }
NR > 1 {
	c = $1; n = ++rows[c]; name[c, n] = $2; bad[c, n] = $4 == "failed" || $4 == "cancelled"; failed[c, n] = $4 == "failed"
	if (!((c, $5) in on)) { on[c, $5] = 1; channels[c]++ }
	if (stage[$2] && $2 != place[c]) { place[c] = $2; if ((c, $2) in been) loops[c]++; been[c, $2] = 1 }
	last[c, $2] = n
	if ($2 == "sent") done[c] = 1
}
function told(kind, n) { if (n > 0) { with[kind]++; times[kind] += n } }
END {
	for (c in done) {
		runs++; repeats = 0; before = 0
		for (i = 1; i <= rows[c]; i++) {
			l = last[c, name[c, i]]
			if (bad[c, i] && l > i) { repeats++; why[name[c, i]]++ }
			if (failed[c, i] && !bad[c, l]) before++
		}
		told("repeat", repeats); told("failure_before_success", before); told("loop", loops[c]); told("channel_switch", channels[c] - 1); told("overdue", 0)
	}
	split("repeat failure_before_success loop channel_switch overdue", kinds, " ")
	for (k in kinds) printf "%s|order|%d|%d|%d\n", kinds[k], runs, with[kinds[k]], times[kinds[k]]
	for (t in why) printf "%s|%d\n", t, why[t]
}`

// roughOrders writes a log of orders, most of which end.
func roughOrders(t *testing.T, file string) {
	t.Helper()
	random := rand.New(rand.NewPCG(11, 1))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	at := time.Date(2026, 2, 27, 20, 0, 0, 0, time.UTC)
	var b strings.Builder
	b.WriteString("case,activity,timestamp,outcome,channel\n")
	for i := range 600 {
		channels := []string{"web", pick("web", "phone", "chat")}
		row := func(activity, outcome string) {
			at = at.Add(time.Duration(1+random.IntN(300)) * time.Second)
			fmt.Fprintf(&b, "order-%d,%s,%s,%s,%s\n", i, activity, at.Format(time.RFC3339), outcome, channels[random.IntN(2)])
		}
		for range random.IntN(9) {
			row(pick("cart", "address", "pay", "pay", "help"), pick("ok", "ok", "degraded", "failed", "failed", "cancelled"))
		}
		if random.IntN(10) > 0 {
			row("sent", "ok")
		}
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReplayFriction: the report and the queries of the archive's document say of a log what awk counts in it.
func TestReplayFriction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, archive, bp := filepath.Join(dir, "orders.csv"), filepath.Join(dir, "archive.db"), filepath.Join(dir, "blueprint.yaml")
	roughOrders(t, file)
	if err := os.WriteFile(bp, []byte(frictionBlueprint), 0o600); err != nil {
		t.Fatal(err)
	}
	r := replayed(t, "--blueprint", bp, "--archive", archive, "--map", "case=case,activity=activity,time=timestamp,outcome=outcome,channel=channel", file)
	var kinds, touchpoints []string
	for line := range strings.Lines(runAwk(t, frictionAwk, file)) {
		if line = strings.TrimSpace(line); strings.Contains(line, "|order|") {
			kinds = append(kinds, line)
		} else {
			touchpoints = append(touchpoints, line)
		}
	}
	slices.Sort(kinds)
	slices.Sort(touchpoints)
	var got []string
	f := &r.Journeys[0].Friction
	for _, k := range f.Kinds {
		got = append(got, fmt.Sprintf("%s|order|%d|%d|%d", k.Kind, f.Runs, k.Runs, k.Times))
		if k.Kind != "overdue" && k.Runs < 50 {
			t.Errorf("only %d runs have %s: the log does not test it", k.Runs, k.Kind)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(kinds, got); diff != "" {
		t.Errorf("the report (-awk +report):\n%s", diff)
	}
	db, err := sql.Open("sqlite", archive)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got = nil
	for _, line := range inArchive(t, db, "Friction by journey") {
		c := strings.Split(line, "|") // kind, journey, runs, runs with it, percent, occurrences, mean
		got = append(got, strings.Join([]string{c[0], c[1], c[2], c[3], c[5]}, "|"))
	}
	slices.Sort(got)
	if diff := cmp.Diff(kinds, got); diff != "" {
		t.Errorf("the archive (-awk +SQL):\n%s", diff)
	}
	// The query of attempts has those of runs that did not end, too.
	if _, err := db.Exec("DELETE FROM touchpoints WHERE run IN (SELECT run FROM journeys WHERE ended IS NULL)"); err != nil {
		t.Fatal(err)
	}
	sums := map[string]int{}
	for _, line := range inArchive(t, db, "The touchpoints that customers try again") {
		var n int
		c := strings.Split(line, "|") // journey, touchpoint, why, repeats
		if _, err := fmt.Sscan(c[3], &n); err != nil {
			t.Fatal(err)
		}
		sums[c[1]] += n
	}
	got = nil
	for name, n := range sums {
		got = append(got, fmt.Sprintf("%s|%d", name, n))
	}
	slices.Sort(got)
	if diff := cmp.Diff(touchpoints, got); diff != "" {
		t.Errorf("the touchpoints (-awk +SQL):\n%s", diff)
	}
}
