package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
)

// promiseAwk computes what became of the promise of a decision within eight weeks, independently of Cairn's code: made by the first
// row of a case whose activity matches from, kept by the first row since then whose activity is until. Times are in microseconds
// since 1970, which a number of awk holds exactly; the days follow from the Gregorian calendar. It prints the counts, and for
// kept and late keeps the number and the quantiles by the nearest rank.
const promiseAwk = `
function days(y, m, d) { # since 1970-01-01; a year begins with March
	if (m < 3) { y--; m += 12 }
	return 365*y + int(y/4) - int(y/100) + int(y/400) + int((153*(m-3)+2)/5) + d - 719469
}
function at(s,   z) {
	z = substr(s, length(s)-4, 2)*60 + substr(s, length(s)-1, 2)
	if (substr(s, length(s)-5, 1) == "-") z = -z
	return ((days(substr(s,1,4)+0, substr(s,6,2)+0, substr(s,9,2)+0)*24 + substr(s,12,2))*60 + substr(s,15,2) - z)*60000000 + substr(s,18,2)*1000000 + substr(s,21,6)
}
function sort(a, n,   i, k, x) {
	for (i = 2; i <= n; i++) { x = a[i]; for (k = i-1; k > 0 && a[k] > x; k--) a[k+1] = a[k]; a[k+1] = x }
}
function rank(a, n, p,   r) { r = n*p/100; return a[r == int(r) ? r : int(r)+1] }
function line(a, n,   i, sum) {
	sort(a, n)
	if (n) printf "%d %.0f %.0f %.0f %.0f\n", n, rank(a, n, 50), rank(a, n, 90), rank(a, n, 99), a[n]
	else print "0 0 0 0 0"
}
NR > 1 {
	t = at($3)
	if (t > end) end = t
	if ($2 ~ from && (!($1 in made) || t < made[$1])) made[$1] = t
	if ($2 == until) { n[$1]++; when[$1, n[$1]] = t }
}
END {
	within = 56*86400*1000000
	for (c in made) {
		all++
		first = -1
		for (i = 1; i <= n[c]; i++) if (when[c, i] >= made[c] && (first < 0 || when[c, i] < first)) first = when[c, i]
		if (first >= 0 && first <= made[c]+within) kept[++keeps] = first-made[c]
		else if (made[c]+within < end) {
			broken++
			if (first >= 0) late[++lates] = first-made[c]
		} else open++
	}
	printf "%d %d %d %d\n", all, keeps, broken, open
	line(kept, keeps)
	line(late, lates)
}`

// awkPromise runs promiseAwk.
func awkPromise(t *testing.T, file, from, until string) (r report.Promise) {
	t.Helper()
	path, err := exec.LookPath("awk")
	if err != nil {
		skip(t, "awk is not installed, which counts independently")
	}
	out, err := exec.CommandContext(t.Context(), path, "-F,", "-v", "from="+from, "-v", "until="+until, promiseAwk, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	in := strings.NewReader(string(out))
	if _, err := fmt.Fscan(in, &r.Made, &r.Kept, &r.Broken, &r.Open); err != nil {
		t.Fatalf("%v: awk prints %q", err, out)
	}
	for _, d := range []*report.PromiseDuration{&r.UntilKept, &r.KeptLate} {
		if _, err := fmt.Fscan(in, &d.Count, &d.P50, &d.P90, &d.P99, &d.Max); err != nil {
			t.Fatalf("%v: awk prints %q", err, out)
		}
		for _, micros := range []*float64{&d.P50, &d.P90, &d.P99, &d.Max} {
			*micros /= 1e6
		}
	}
	return r
}

// TestReplayPermitPromise compares the promise of the law in a real log, a decision within eight weeks, with awk.
//
// The log is that of the receipt phase, so that its only decision is T10, whether the municipality has to stop the request. In
// the blueprint of the example the clock starts with the first step to that decision, because the decision is a journey of its
// own. The law's clock starts when the municipality has the request, which is the first row of every case: the other blueprint
// has one journey for a case, from "Confirmation of receipt" to T10.
func TestReplayPermitPromise(t *testing.T) {
	t.Parallel()
	file := permitLog(t)
	const example = "../../examples/permits/blueprint.yaml"
	whole := filepath.Join(t.TempDir(), "blueprint.yaml")
	if err := yaml.Save(whole, wholeCase(t, example)); err != nil {
		t.Fatal(err)
	}
	const decision = "T10 Determine necessity to stop indication"
	for _, c := range []struct{ name, blueprint, journey, from string }{
		{"from the first step of the decision", example, "decision", "^T(06|07-|08|09-|10)"},
		{"from the receipt of the request", whole, "request", "^Confirmation of receipt$"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := replayed(t, "--blueprint", c.blueprint, "--map", "case=case,activity=activity,time=timestamp,channel=channel", file)
			var got report.Promise
			var friction report.Friction
			for _, j := range r.Journeys {
				if j.Name == c.journey && len(j.Promises) == 1 {
					got, friction = j.Promises[0], j.Friction
				}
			}
			want := awkPromise(t, file, c.from, decision)
			if want.Made == 0 || want.Kept == 0 || want.Broken == 0 {
				t.Fatalf("awk finds nothing: %+v", want)
			}
			if c.blueprint == example { // there the decision ends its run, and a run that has ended after the break has kept nothing
				want.KeptLate = report.PromiseDuration{}
				// Each run has one promise, and no run is given up before it is due: one that has ended has kept it, or it was overdue.
				if overdue := friction.Kinds[len(friction.Kinds)-1]; friction.Runs == 0 || overdue.Runs != friction.Runs-want.Kept || overdue.Times != overdue.Runs {
					t.Errorf("%+v of %d ended runs, of which %d have kept the promise", overdue, friction.Runs, want.Kept)
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6), cmpopts.IgnoreFields(report.Promise{}, "Name", "KeptShare", "Samples", "UntilBroken"),
				cmpopts.IgnoreFields(report.Duration{}, "Mean")); diff != "" {
				t.Errorf("(-awk +replay):\n%s", diff)
			}
			if share := float64(want.Kept) / float64(want.Kept+want.Broken); got.KeptShare == nil || *got.KeptShare != share || got.Samples != want.Kept+want.Broken {
				t.Errorf("the share of %d kept promises is %v, want %v of %d", got.Samples, got.KeptShare, share, want.Kept+want.Broken)
			}
		})
	}
}

// wholeCase returns a blueprint with the touchpoints of the example in one journey.
func wholeCase(t *testing.T, example string) *blueprint.Blueprint {
	t.Helper()
	bp, err := yaml.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	bp.Objectives = nil // they are about the journeys that it no longer has
	bp.Journeys = []blueprint.Journey{{
		Name: "request", Stages: []blueprint.Stage{{Name: "received"}, {Name: "decided"}},
		Promises: []blueprint.Promise{{Name: "decided", From: "received", Until: "decided", Within: blueprint.Within{Duration: blueprint.Duration(8 * 7 * 24 * 60 * 60 * 1e9)}}},
	}}
	for i := range bp.Touchpoints {
		p := &bp.Touchpoints[i]
		p.Journey, p.Stage, p.Ends = "request", "", ""
		switch p.Name {
		case "Confirmation of receipt":
			p.Stage = "received"
		case "T10 Determine necessity to stop indication":
			p.Stage = "decided"
		}
	}
	return bp
}
