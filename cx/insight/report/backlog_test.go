package report_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// TestBacklog: every form has the open runs that are late, how long the oldest has been, and which team has them. The numbers are those of crowd.behind.
func TestBacklog(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &newCrowd().behind().memory), week())
	b := r.Backlog[0]
	longest := monday.AddDate(0, 0, 7).Sub(monday.Add(10*time.Hour + 72*time.Hour)) // 3 d 13 h, because the clocks go forward
	if b.Promise != "solved" || b.Late != 8 || b.Longest != longest || b.By[0].Column != insight.Team {
		t.Errorf("the backlog is %+v, want 8 for %v", b, longest)
	}
	if !strings.HasSuffix(r.Headline, ", and 8 open runs are late.") {
		t.Errorf("the headline is %q", r.Headline)
	}
	says := fmt.Sprintf("8 of %d open runs of “ticket” are late with “solved”; the oldest was due 3 d 13 h ago; team “south” has 6 of them", b.Open)
	command := "cairn runs --broke solved --where outcome=open"
	out := written(t, r)
	for name, wants := range map[string][]string{
		"week.txt": {says}, "week.md": {says, command}, "week.html": {says, command, "Team “south” has 6 of the 8 late runs"}, "mail.html": {says, command},
		"week.json": {`"late": 8,`}, "week.csv": {"\nbacklog,ticket,solved,,,late,", "\nbacklog,ticket,solved,team,south,late,"},
	} {
		text := out[name]
		if name == "week.txt" {
			text = strings.Join(strings.Fields(text), " ")
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not have %q", name, want)
			}
		}
	}
	// Without late runs there is a clause, and no section.
	none := made(t, tableOf(t, desk(), &newCrowd().memory), week())
	if text := written(t, none)["week.md"]; strings.Contains(text, "Late and open") || !strings.Contains(text, "none of them is late") {
		t.Errorf("no run is late, and the report says\n%s", text)
	}
}

// TestOpenOfFew: a journey with so few open customers that their ages are not shown is in no picture of ages, and harms none.
func TestOpenOfFew(t *testing.T) {
	t.Parallel()
	for _, few := range []int{1, 3, 6} {
		c := newCrowd().behind()
		for n := range few {
			begun := monday.AddDate(0, 0, 6).Add(time.Duration(n) * time.Hour)
			one := &teller{c: c, run: event.Run{Name: "order", ID: fmt.Sprint("open-", n), Started: begun}, customer: fmt.Sprint("open-", n), team: "shop", high: "low", channel: event.Web}
			one.tell(begun, event.JourneyStarted, nil)
		}
		r := made(t, tableOf(t, desk(), &c.memory), week())
		at := slices.IndexFunc(r.Journeys, func(j report.Journey) bool { return j.Name == "order" })
		if o := r.Journeys[at].Open; o.Open.Count != int64(few) || len(o.Ages) > 0 != (few > 4) {
			t.Errorf("%d open orders: %d, with %d ages", few, o.Open.Count, len(o.Ages))
		}
		written(t, r)
	}
}

// TestNext: a command can be pasted into a shell whatever the names are, and a name that cannot be shown as it is has none.
func TestNext(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &newCrowd().behind().memory), week())
	for _, c := range []struct{ promise, want, reason string }{
		{"solved", "--broke solved --where", "a plain word"},
		{"in time", "--broke 'in time' --where", "a space"},
		{"it's; rm -rf $HOME `id`", `--broke 'it'\''s; rm -rf $HOME ` + "`id`' --where", "what a shell would run"},
		{"\x1b[2Jsolved", "", "a sequence that a terminal obeys"},
		{"a\nb", "", "a second line"},
		{strings.Repeat("long", 40), "", "a name that is cut"},
	} {
		r.Backlog[0].Promise = c.promise
		var b bytes.Buffer
		if err := r.Markdown(&b); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); c.want == "" && strings.Contains(got, "cairn runs --broke") || !strings.Contains(got, c.want) {
			t.Errorf("%q has no %q, or a command: %s", c.promise, c.want, c.reason)
		}
	}
}

// TestMailIsShort: one row of tiles, at most five sentences and three pictures, no column without a text, less than 100 kB.
func TestMailIsShort(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*memory{"on time": &newCrowd().memory, "behind": &newCrowd().behind().memory} {
		r := made(t, tableOf(t, desk(), m), week())
		mail := written(t, r)["mail.html"]
		before, _, _ := strings.Cut(mail, "border-left:3px") // where quotes begin
		lines := strings.Count(before, "<strong style=\"color:#c0430c\">") + strings.Count(before, "line-height:22px;color:#1b1f26\"><strong>")
		next := strings.Count(before, "<strong>Next.")
		if rows := lines - next - strings.Count(before, "&#9660; target"); rows > 5 || rows < 3 {
			t.Errorf("%s: %d sentences, want 3 to 5", name, rows)
		}
		if tiles := strings.Count(mail, "border-top:4px"); tiles != len(r.Promises) {
			t.Errorf("%s: %d tiles, want one for each of %d promises", name, tiles, len(r.Promises))
		}
		if figures := strings.Count(mail, "font-size:17px"); figures > 3 || figures == 0 {
			t.Errorf("%s: %d pictures, want 1 to 3", name, figures)
		}
		if next == 0 || len(mail) > 100_000 {
			t.Errorf("%s: %d next steps, %d bytes", name, next, len(mail))
		}
	}
}
