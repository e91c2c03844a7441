package touchpoint_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/touchpoint"
)

// FuzzImport: no list makes an import panic or tells its content. A list with a fault changes nothing, and one without adds for each
// row that a plain reading of the CSV has a suppression in the record of the person, once.
func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		"customer,reason,at\nalice,minor,2026-03-01\n",
		"\xef\xbb\xbfaddressee;reason;at;source\r\n\"a\r\nb\";Opted out;2026-03-01T00:00:00Z;x\r\n;;;\r\n",
		"customer\treason\tat\tpurpose\tchannel\nalice\tmoved\t2026-03-01\toffer\temail\nalice\tmoved\t2026-03-02\toffer\temail\n",
		"customer,reason,at\n\"alice,minor,2026-03-01\n", "customer,reason,at\na\x00,minor,2026-03-01\n", "customer,customer\n", "", "\xff\xfe",
		"customer,reason,at\nalice,minor,2026-03-01\n" + strings.Repeat(",", 70000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		store := &countedStore{Store: new(memory.Store)}
		ctx := registry(t, store)
		report, err := importPolicy.Import(ctx, bytes.NewReader(list))
		if err != nil {
			if !errors.Is(err, touchpoint.ErrBadRows) {
				t.Fatalf("the error is %v", err)
			}
			if report.Added+report.Known+report.Renewed+report.StayLifted > 0 && !strings.Contains(err.Error(), "no room") {
				t.Fatalf("a bad list has changed something: %+v", report)
			}
			if !utf8.ValidString(err.Error()) {
				t.Fatalf("the error has content of the list: %q", err)
			}
			return
		}
		if report.Rows != report.Added+report.Renewed+report.Known+report.StayLifted || report.Bad != 0 || report.StayLifted != 0 {
			t.Fatalf("the report does not add up: %+v", report)
		}
		people := peopleOf(t, list)
		n := 0
		for who, rows := range people {
			r, err := importPolicy.Record(ctx, event.Customer{ID: who})
			if err != nil || len(r.Suppressions) == 0 || len(r.Suppressions) > rows {
				t.Fatalf("a person with %d rows has the record %+v, %v", rows, r, err)
			}
			n += rows
		}
		if n != report.Rows {
			t.Fatalf("the list has %d rows, and the report says %d", n, report.Rows)
		}
		again, err := importPolicy.Import(ctx, bytes.NewReader(list))
		if err != nil || again.Known != again.Rows || again.Rows != report.Rows {
			t.Fatalf("a second import is %+v, %v", again, err)
		}
	})
}

// peopleOf reads the list at once, and returns how many rows there are of each person.
func peopleOf(t *testing.T, list []byte) map[string]int {
	t.Helper()
	list = bytes.TrimPrefix(list, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(list))
	line, _, _ := bytes.Cut(list, []byte("\n"))
	if i := bytes.IndexAny(line, ",;\t"); i >= 0 {
		r.Comma = rune(line[i])
	}
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("a list that was imported cannot be read: %v", err)
	}
	people := map[string]int{}
	for _, row := range rows[1:] {
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue
		}
		for i, name := range rows[0] {
			if name = strings.ToLower(strings.TrimSpace(name)); (name == "customer" || name == "addressee") && strings.TrimSpace(row[i]) != "" {
				people[row[i]]++
			}
		}
	}
	return people
}
