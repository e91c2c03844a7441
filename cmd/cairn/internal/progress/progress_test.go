package progress_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cmd/cairn/internal/progress"
)

func TestNoTerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, b := range []*progress.Bar{nil, progress.New(&bytes.Buffer{}), progress.New(f)} {
		if b != nil {
			t.Error("New returns a bar for a writer that is not a terminal, where it would fill a build log")
		}
		b.Stage() // a nil bar does nothing
		b.Show("Reading", 1, 2)
		b.Clear()
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	now := time.Unix(0, 0)
	b := progress.NewOn(&out, func() time.Time { return now }, func() int { return 80 })
	steps := []struct {
		at     time.Duration
		done   int64
		total  int64
		want   string
		reason string
	}{
		{500 * time.Millisecond, 1, 100, "", "a short task needs no bar"},
		{2 * time.Second, 50, 100, " 50%, about 2s left", "the task takes long"},
		{2*time.Second + time.Millisecond, 51, 100, "", "too soon after the last update"},
		{4 * time.Second, 100, 100, "100%", "the task is done"},
		{5 * time.Second, 7, 0, "Reading", "the total is unknown"},
		{6 * time.Second, 700, 100, "100%", "a file that has grown"},
	}
	for _, s := range steps {
		out.Reset()
		now = time.Unix(0, 0).Add(s.at)
		b.Show("Reading", s.done, s.total)
		if got := out.String(); (s.want == "") != (got == "") || !strings.Contains(got, s.want) {
			t.Errorf("after %v: %q; want %q: %s", s.at, got, s.want, s.reason)
		}
	}
	out.Reset()
	b.Clear()
	b.Clear()
	if out.String() != "\r\x1b[K" {
		t.Errorf("Clear wrote %q; want it to remove the line once", out.String())
	}
}

// TestFits: every line is narrower than the terminal, whatever its text. A line that wraps could not be
// removed.
func TestFits(t *testing.T) {
	t.Parallel()
	for width := range 120 {
		var out strings.Builder
		now := time.Unix(0, 0)
		b := progress.NewOn(&out, func() time.Time { return now }, func() int { return width })
		now = now.Add(100 * time.Hour)
		b.Show("Checking the order of the rows", 1, 1000)
		line := strings.TrimPrefix(out.String(), "\r\x1b[K")
		if got := utf8.RuneCountInString(line); got > max(0, width-1) {
			t.Errorf("a line of %d characters on a terminal of %d: %q", got, width, line)
		}
		if width >= 80 && !strings.Contains(line, "█") && !strings.Contains(line, "░") {
			t.Errorf("there is no bar on a terminal of %d: %q", width, line)
		}
	}
}

func ExampleBar_Show() {
	var out strings.Builder
	now := time.Unix(0, 0)
	b := progress.NewOn(&out, func() time.Time { return now }, func() int { return 80 })
	now = now.Add(3 * time.Second)
	b.Show("Reading", 3, 4)
	fmt.Println(strings.TrimPrefix(out.String(), "\r\x1b[K"))
	// Output: Reading ██████████████████████░░░░░░░░  75%, about 1s left
}

// TestLines: the exact lines at the times and widths at which they change.
func TestLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	var now time.Time
	width := 80
	b := progress.NewOn(&out, func() time.Time { return now }, func() int { return width })
	begun := now
	for _, s := range []struct {
		at          time.Duration
		width       int
		done, total int64
		want        string // "" for no line
	}{
		{time.Second - 1, 80, 1, 2, ""},
		{time.Second, 80, 1, 2, "Reading ███████████████░░░░░░░░░░░░░░░  50%, about 1s left"},
		{1100*time.Millisecond - 1, 80, 1, 2, ""},
		{1100 * time.Millisecond, 80, 0, 1, "Reading ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0%"},
		{1200 * time.Millisecond, 80, 1, 1, "Reading ██████████████████████████████ 100%"},
		{1300 * time.Millisecond, 80, -1, 4, "Reading ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0%"},
		{1400 * time.Millisecond, 80, 1, 0, "Reading"},
		{1500 * time.Millisecond, 20, 1, 1, "Reading ██████ 100%"},
		{1600 * time.Millisecond, 19, 1, 1, "Reading █████ 100%"},
		{1700 * time.Millisecond, 18, 1, 1, "Reading 100%"},
		{1800 * time.Millisecond, 13, 1, 1, "Reading 100%"},
		{1900 * time.Millisecond, 12, 1, 1, "Reading 100"},
		{2000 * time.Millisecond, 1, 1, 1, ""},
	} {
		out.Reset()
		now, width = begun.Add(s.at), s.width
		b.Show("Reading", s.done, s.total)
		if got := strings.TrimPrefix(out.String(), "\r\x1b[K"); got != s.want {
			t.Errorf("after %v, on a terminal of %d: %q, want %q", s.at, s.width, got, s.want)
		}
	}
}

// TestStage: the time of an earlier stage does not affect the estimate of the current one, and a visible line
// stays.
func TestStage(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	var now time.Time
	b := progress.NewOn(&out, func() time.Time { return now }, func() int { return 80 })
	show := func() string {
		out.Reset()
		b.Show("Reading", 1, 2)
		return strings.TrimPrefix(out.String(), "\r\x1b[K")
	}
	now = now.Add(10 * time.Second)
	b.Stage()
	if got := show(); got != "" {
		t.Errorf("a new stage shows %q, want no line, because none was visible before", got)
	}
	now = now.Add(time.Second)
	if got := show(); !strings.HasSuffix(got, "about 1s left") {
		t.Errorf("it shows %q, want an estimate of one second from this stage alone", got)
	}
	now = now.Add(10 * time.Second)
	b.Stage()
	if got := show(); !strings.HasSuffix(got, "about 1s left") {
		t.Errorf("a new stage shows %q, want a line at once", got)
	}
	b.Clear()
	out.Reset()
	b.Clear()
	if out.Len() > 0 {
		t.Errorf("Clear wrote %q without a visible line", &out)
	}
	now = now.Add(time.Millisecond)
	if got := show(); got == "" {
		t.Error("Show does not restore a removed line at once")
	}
}
