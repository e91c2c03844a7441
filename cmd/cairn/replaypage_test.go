package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReplayPromisePage: the blueprint, the log and the command on docs/promise.md give the report that the page shows. The page
// explains the numbers, which were worked out by hand: the office is open for 8.5 hours a day, and claims have 24 of them.
func TestReplayPromisePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/promise.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for file, block := range map[string]string{
		"claim.yaml": "(?s)```yaml\n(version: 1\njourneys:\n  - name: claim\n.*?)```",
		"claims.csv": "(?s)```csv\n(.*?)```",
	} {
		found := regexp.MustCompile(block).FindSubmatch(page)
		if found == nil {
			t.Fatalf("docs/promise.md does not show %s", file)
		}
		if err := os.WriteFile(filepath.Join(dir, file), found[1], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shown := regexp.MustCompile("(?s)<!-- what the report says of the claims -->\n```\n\\$ ./cairn ([^\n]*)\n(.*?)```").FindSubmatch(page)
	if shown == nil {
		t.Fatal("docs/promise.md does not show the report")
	}
	args := strings.Fields(string(shown[1]))
	for i, arg := range args {
		if strings.HasSuffix(arg, ".yaml") || strings.HasSuffix(arg, ".csv") {
			args[i] = filepath.Join(dir, arg)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Fatalf("the exit code is %d, and the standard error:\n%s", code, &stderr)
	}
	if !strings.Contains(stdout.String(), string(shown[2])) {
		t.Errorf("the report does not have what the page shows:\n%s", &stdout)
	}
	for _, row := range []string{
		"answered           5          1     1       1     2   66.7%  3     90%  missed", // C-4; C-5; C-3; C-1 and C-2
		"answered              kept    2      1 d 2 h  7 d 2 h ",                         // Monday 09:00 to Tuesday 11:00, and 10:00 to noon a week later
		"answered              broken  1      2 d 7 h ",                                  // Monday 09:30 to Wednesday 16:30: 8 + 8.5 + 7.5 hours
	} {
		if !strings.Contains(string(shown[2]), row) {
			t.Errorf("the page does not show the row %q", row)
		}
	}
}
