package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("MAKELOG_TEST_COMMAND") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestCommand: the command reads events and writes a log. It exits with 1 and says why if it cannot read an event.
func TestCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, out, told string
		code                int
	}{
		{"no event", "", "order,step,at,channel,outcome\n", "", 0},
		{"an invalid event", "{}\n", "", "makelog: line 1: ", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var told strings.Builder
			run := exec.CommandContext(t.Context(), program)
			run.Env = append(os.Environ(), "MAKELOG_TEST_COMMAND=1")
			run.Stdin, run.Stderr = strings.NewReader(c.in), &told
			out, _ := run.Output() // the exit code says more
			if code := run.ProcessState.ExitCode(); code != c.code || string(out) != c.out || !strings.HasPrefix(told.String(), c.told) || (told.Len() > 0) != (code > 0) {
				t.Errorf("it exits with %d, writes %q and tells %q; want %d, %q and %q", code, out, told.String(), c.code, c.out, c.told)
			}
		})
	}
}

// events returns the events of three customers, in the given order.
func events(order ...int) string {
	var b strings.Builder
	for i, n := range order {
		at := time.Date(2026, 1, 31, 9, 0, i, 0, time.UTC).Format(time.RFC3339)
		fmt.Fprintf(&b, `{"v":1,"kind":"journey.started","time":%q,"journey":{"name":"checkout","id":"secret-%d-%d"},"customer":{"hash":"abc"}}`+"\n", at, n, i)
		for _, touch := range []string{"view-cart", "submit-payment", "call-support"}[:n] {
			fmt.Fprintf(&b, `{"v":1,"kind":"touchpoint.ended","time":%q,"touchpoint":%q,"channel":"web","outcome":"ok","journey":{"name":"checkout","id":"secret-%d-%d"}}`+"\n", at, touch, n, i)
		}
	}
	return b.String()
}

// TestSame: the log depends on the touchpoints, and neither on their times nor on the order of the customers.
func TestSame(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	if err := convert(strings.NewReader(events(1, 2, 3, 1)), &a); err != nil {
		t.Fatal(err)
	}
	if err := convert(strings.NewReader(events(3, 1, 1, 2)), &b); err != nil {
		t.Fatal(err)
	}
	if many, again := convertedRows(t, events(slices.Repeat([]int{1, 2, 3}, 20)...)), convertedRows(t, events(slices.Repeat([]int{3, 2, 1}, 20)...)); !slices.EqualFunc(many, again, slices.Equal) {
		t.Errorf("the logs of 60 customers differ:\n%q\nand\n%q", many, again)
	}
	if a.String() != b.String() {
		t.Errorf("the logs differ:\n%s\nand\n%s", &a, &b)
	}
	if lines := strings.Count(a.String(), "\n"); lines != 1+1+2+3+1 {
		t.Errorf("the log has %d lines:\n%s", lines, &a)
	}
	for _, private := range []string{"secret", "abc", "2026-01-31"} {
		if strings.Contains(a.String(), private) {
			t.Errorf("the log contains %q", private)
		}
	}
}

// touches returns the events of customers who go through these touchpoints, one string of them a customer.
func touches(customers ...string) string {
	var b strings.Builder
	for id, names := range customers {
		for i, name := range strings.Fields(names) {
			at := time.Date(2026, 1, 31, 9, 0, i, 0, time.UTC).Format(time.RFC3339)
			fmt.Fprintf(&b, `{"v":1,"kind":"touchpoint.ended","time":%q,"touchpoint":%q,"channel":"web","outcome":"ok","journey":{"name":"checkout","id":"%d"}}`+"\n", at, name, id)
		}
	}
	return b.String()
}

// convertedRows returns the rows of the log of the events, without its head.
func convertedRows(t *testing.T, events string) [][]string {
	t.Helper()
	var log bytes.Buffer
	if err := convert(strings.NewReader(events), &log); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&log).ReadAll()
	if err != nil || !slices.Equal(rows[0], []string{"order", "step", "at", "channel", "outcome"}) {
		t.Fatalf("%v, the log is %q", err, rows)
	}
	return rows[1:]
}

// TestLog: the numbers and times of the log are made up, and stay the same in each version of the command.
func TestLog(t *testing.T) {
	t.Parallel()
	want := [][]string{
		{"A0001", "view-cart", "2026-03-02T08:02:40Z", "web", "ok"},
		{"A0002", "view-cart", "2026-03-02T08:16:18Z", "web", "ok"},
		{"A0002", "submit-payment", "2026-03-02T08:21:12Z", "web", "ok"},
		{"A0002", "charge-card", "2026-03-02T08:21:13Z", "web", "ok"},
		{"A0002", "order-confirmed", "2026-03-02T08:21:45Z", "web", "ok"},
		{"A0003", "view-cart", "2026-03-02T08:22:05Z", "web", "ok"},
		{"A0001", "call-support", "2026-03-03T08:02:40Z", "web", "ok"},
	}
	if got := convertedRows(t, touches("view-cart submit-payment charge-card order-confirmed", "view-cart", "view-cart call-support")); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("the log is %q, want %q", got, want)
	}
}

// TestTimes: the customers begin one after the other, 11 minutes apart and at most 10 minutes late. Each takes from 5
// seconds to 7 minutes for a step, a day until a call to support, and a second for the service behind a payment.
func TestTimes(t *testing.T) {
	t.Parallel()
	const n = 300
	var customers []string
	for i := range n {
		customers = append(customers, "view-cart submit-payment charge-card order-confirmed "+[]string{"", "call-support"}[i%2])
	}
	last := map[string]time.Time{}
	lengths := map[string]map[time.Duration]bool{}
	early := 0
	for _, row := range convertedRows(t, touches(customers...)) {
		order, step := row[0], row[1]
		at, err := time.Parse(time.RFC3339, row[2])
		if err != nil {
			t.Fatal(err)
		}
		since, least, most := last[order], 5*time.Second, 420*time.Second
		switch step {
		case "view-cart":
			if want := fmt.Sprintf("A%04d", len(last)+1); order != want {
				t.Errorf("the order %s begins when %s is to begin", order, want)
			}
			since, least, most = time.Date(2026, 3, 2, 8, 11*len(last), 0, 0, time.UTC), 0, 600*time.Second
		case "charge-card":
			least, most = time.Second, time.Second
		case "call-support":
			least, most = 24*time.Hour, 24*time.Hour
			if order <= fmt.Sprintf("A%04d", n/2) {
				early++
			}
		}
		took := at.Sub(since)
		if took < least || took > most {
			t.Errorf("%s of %s is %v after the step before, want %v to %v", step, order, took, least, most)
		}
		if lengths[step] == nil {
			lengths[step] = map[time.Duration]bool{}
		}
		lengths[step][took] = true
		last[order] = at
	}
	if early < n/8 || early > n*3/8 {
		t.Errorf("of %d customers who call, %d are in the first half, want about half of them: the order is independent of the steps", n/2, early)
	}
	if len(last) != n || len(lengths["view-cart"]) < n/4 || len(lengths["submit-payment"]) < n/4 || len(lengths["order-confirmed"]) < n/4 {
		t.Errorf("of %d customers, %d have begun after %d different times, and taken %d and %d different times", n, len(last),
			len(lengths["view-cart"]), len(lengths["submit-payment"]), len(lengths["order-confirmed"]))
	}
}

// TestSorted: the touchpoints of an order are in the order of their times, whatever the order of the events.
func TestSorted(t *testing.T) {
	t.Parallel()
	lines := slices.Collect(strings.Lines(touches("view-cart submit-payment order-confirmed")))
	slices.Reverse(lines)
	steps := ""
	for _, row := range convertedRows(t, strings.Join(lines, "")) {
		steps += row[1] + " "
	}
	if steps != "view-cart submit-payment order-confirmed " {
		t.Errorf("the steps are %s", steps)
	}
}

// TestOrdersOnly: a touchpoint outside of an order is not in the log, and neither is an event of another kind.
func TestOrdersOnly(t *testing.T) {
	t.Parallel()
	const at = `"time":"2026-01-31T09:00:00Z"`
	got := convertedRows(t, `{"v":1,"kind":"touchpoint.ended",`+at+`,"touchpoint":"search","channel":"web","outcome":"ok"}
{"v":1,"kind":"journey.stage.entered",`+at+`,"stage":"cart","journey":{"name":"checkout","id":"1"}}
{"v":1,"kind":"touchpoint.ended",`+at+`,"touchpoint":"view-cart","channel":"phone","outcome":"failed","attributes":{"note":"`+strings.Repeat("x", 100<<10)+`"},"journey":{"name":"checkout","id":"1"}}
`)
	if len(got) != 1 || got[0][1] != "view-cart" || got[0][3] != "phone" || got[0][4] != "failed" {
		t.Errorf("the log is %q, want view-cart, by phone, failed", got)
	}
}

// broken fails after some bytes.
type broken struct{ room int }

var errBroken = errors.New("the disk is full")

func (b *broken) Write(p []byte) (int, error) {
	if b.room -= len(p); b.room < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestBroken(t *testing.T) {
	t.Parallel()
	if err := convert(strings.NewReader(touches("view-cart")), &broken{}); !errors.Is(err, errBroken) {
		t.Errorf("the error is %v, want that of the writer", err)
	}
	if err := convert(iotest.ErrReader(errBroken), &bytes.Buffer{}); !errors.Is(err, errBroken) {
		t.Errorf("the error is %v, want that of the reader", err)
	}
	if err := convert(strings.NewReader("{}\n"), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("the error is %v, want one with the line of the invalid event", err)
	}
}

// TestCommitted: the committed log matches its page. It is small, sorted by time, and has the steps of the shop's
// crowd.
func TestCommitted(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../log.csv")
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 300<<10 {
		t.Errorf("the log has %d bytes", len(text))
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	orders, steps, last := map[string]bool{}, map[string]int{}, ""
	for _, r := range rows[1:] {
		orders[r[0]] = true
		steps[r[1]]++
		if r[2] < last {
			t.Errorf("the row %v follows a row of %s, which is later", r, last)
		}
		last = r[2]
	}
	if said := fmt.Sprintf("%d rows", len(rows)-1); !strings.Contains(string(page), said) {
		t.Errorf("the page does not name %s", said)
	}
	// Out of 200 customers of the shop 140 buy, 60 leave, and 30 call support: see the summary of the shop.
	if len(orders) != 200 || steps["order-confirmed"] != 140 || steps["call-support"] != 30 || !slices.Equal(rows[0], []string{"order", "step", "at", "channel", "outcome"}) {
		t.Errorf("the log has %d orders with the steps %v and the columns %q", len(orders), steps, rows[0])
	}
}
