package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestInsightPage: the commands of docs/insight.md print what the page shows.
func TestInsightPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/insight.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := copyTickets(t)
	t.Setenv("COLUMNS", "80")
	blocks := regexp.MustCompile("(?s)```\n\\$ (cairn ask [^\n]*)\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 6 {
		t.Fatalf("the page has %d commands", len(blocks))
	}
	for _, b := range blocks {
		text, code := shell(t, dir, b[1])
		shown, whole := strings.CutSuffix(b[2], "…\n")
		if code != exitOK || !strings.HasPrefix(text, shown) {
			t.Errorf("%s prints\n%s\nand the page shows\n%s", b[1], text, b[2])
		}
		if rest := strings.TrimPrefix(text, shown); !whole && strings.Contains(rest, "\n\n") {
			t.Errorf("%s prints more than the page shows:\n%s", b[1], rest)
		}
	}
	for _, q := range askQuestions() {
		if !strings.Contains(string(page), "\n| `"+q.name+"` | ") {
			t.Errorf("the page does not list the question %s", q.name)
		}
	}
}
