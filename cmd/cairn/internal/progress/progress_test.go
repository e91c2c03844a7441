package progress_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

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
	b := progress.NewOn(&out, func() time.Time { return now })
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

func ExampleBar_Show() {
	var out strings.Builder
	now := time.Unix(0, 0)
	b := progress.NewOn(&out, func() time.Time { return now })
	now = now.Add(3 * time.Second)
	b.Show("Reading", 3, 4)
	fmt.Println(strings.TrimPrefix(out.String(), "\r\x1b[K"))
	// Output: Reading ██████████████████████░░░░░░░░  75%, about 1s left
}
