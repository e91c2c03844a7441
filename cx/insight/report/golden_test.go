package report_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/cx/insight/report"
)

// forms are the forms of a report, by the name of their golden file.
func forms(r *report.Report) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"week.html": r.HTML, "mail.html": r.MailHTML, "week.md": r.Markdown, "week.json": r.JSON, "week.csv": r.CSV,
		"week.txt": func(w io.Writer) error { return r.Text(w, 100) },
	}
}

// TestGolden: the forms of the report are the golden ones, and the same each time.
func TestGolden(t *testing.T) {
	t.Parallel()
	table := tableOf(t, desk(), &newCrowd().behind().memory)
	one, two := made(t, table, week()), made(t, table, week())
	again := forms(two)
	for name, write := range forms(one) {
		var b, c bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if err := again[name](&c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), c.Bytes()) {
			t.Errorf("%s differs the second time", name)
		}
		golden(t, name, b.Bytes())
	}
}

func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, have, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s differs from the golden one. Look at it, and run go test -update", name)
	}
}
