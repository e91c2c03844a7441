package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

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

func TestBroken(t *testing.T) {
	t.Parallel()
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
