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
			t.Error("a bar where there is no terminal: it would be in the log of a build")
		}
		b.Stage() // all of these do nothing
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
		{500 * time.Millisecond, 1, 100, "", "what is short needs no bar"},
		{2 * time.Second, 50, 100, " 50%, about 2s left", "it takes long"},
		{2*time.Second + time.Millisecond, 51, 100, "", "not so often"},
		{4 * time.Second, 100, 100, "100%", "all of it"},
		{5 * time.Second, 7, 0, "Reading", "how much there is is not known"},
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
		t.Errorf("Clear wrote %q; want the line taken away, once", out.String())
	}
}

// TestFits: no line is as wide as the terminal, whatever is to be said. One that wraps would stay.
func TestFits(t *testing.T) {
	t.Parallel()
	for width := range 120 {
		var out strings.Builder
		now := time.Unix(0, 0)
		b := progress.NewOn(&out, func() time.Time { return now }, func() int { return width })
		now = now.Add(100 * time.Hour)
		b.Show("Looking whether it is in order", 1, 1000)
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

// TestLines: each line as it is, at the moments and widths where it changes.
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
		want        string // "" is none
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

// TestStage: what was done before says nothing about how long the rest takes, and a line that is there stays.
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
		t.Errorf("a stage that has just begun shows %q, where nothing was shown before", got)
	}
	now = now.Add(time.Second)
	if got := show(); !strings.HasSuffix(got, "about 1s left") {
		t.Errorf("it shows %q, want that a second is left, as of this stage", got)
	}
	now = now.Add(10 * time.Second)
	b.Stage()
	if got := show(); !strings.HasSuffix(got, "about 1s left") {
		t.Errorf("a stage that has just begun shows %q, want the line at once", got)
	}
	b.Clear()
	out.Reset()
	b.Clear()
	if out.Len() > 0 {
		t.Errorf("what is not there is taken away: %q", &out)
	}
	now = now.Add(time.Millisecond)
	if got := show(); got == "" {
		t.Error("a line that was taken away is not shown again at once")
	}
}
