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
