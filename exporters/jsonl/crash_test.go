//go:build unix

package jsonl_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/jsonl"
	"cairncx.dev/cairn/exporters/sink"
)

// childPath and childDoes say to the test binary that it is the process that crashes, or whose disk is
// full.
const (
	childPath = "CAIRN_JSONL_CHILD_PATH"
	childDoes = "CAIRN_JSONL_CHILD_DOES"
)

func child(path string) int {
	var err error
	if does := os.Getenv(childDoes); does == "full" {
		err = fullChild(path)
	} else {
		err = writingChild(path)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// writingChild writes until it is killed, and says after each batch what was acknowledged.
func writingChild(path string) error {
	e, err := jsonl.New(path, jsonl.WithMaxSize(200_000))
	if err != nil {
		return err
	}
	long := strings.Repeat("x", 3000)
	for n := 1; ; n += 20 {
		events := touches(n, 20, "pay")
		for i := range events {
			events[i].Cause = long[:(n+i*97)%len(long)]
		}
		if err := e.Export(context.Background(), events); err != nil {
			return err
		}
		fmt.Println(n + 19)
	}
}

// TestKilled kills a process in the middle of writing, several times on the same file.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	whole := 0 // lines that are there already
	kills := []int{1, 7, 30, 3}
	if everything() {
		kills = []int{1, 7, 40, 150, 3}
	}
	for _, batches := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childPath+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acknowledged, lines := 0, bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(lines.Text())
			}
			acknowledged = n
			if n >= batches*20 && cmd.ProcessState == nil {
				_ = cmd.Process.Kill() // what it still says is read
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it was not killed")
		}

		e := open(t, path) // mends what is torn
		shut(t, e)
		events := read(t, path)[whole:]
		if len(events) < acknowledged {
			t.Fatalf("%d events were acknowledged, %d are there", acknowledged, len(events))
		}
		for i, got := range events {
			if got.Visit != i+1 {
				t.Fatalf("event %d is %d", i+1, got.Visit)
			}
		}
		whole += len(events)
	}
}

// fullChild runs out of room again and again: the limit is that of the process, the short write and the
// error are the kernel's.
func fullChild(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	const room = 50_000
	var had syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &had); err != nil {
		return err
	}
	e, err := jsonl.New(path)
	if err != nil {
		return err
	}
	full, n := 0, 1
	for ; full < 3; n += 100 {
		batch := touches(n, 100, "pay")
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(room * (full + 1)), Max: had.Max}); err != nil {
			return err
		}
		err := e.Export(context.Background(), batch)
		if err == nil {
			continue
		}
		full++
		if !errors.Is(err, syscall.EFBIG) || sink.IsPermanent(err) || !strings.Contains(err.Error(), "may not grow") {
			return fmt.Errorf("a full disk is told as %w", err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if got := bytes.Count(text, []byte("\n")); got != n-1 || text[len(text)-1] != '\n' {
			return fmt.Errorf("%d lines are there after the disk was full, want %d; the last byte is %q", got, n-1, text[len(text)-1])
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &had); err != nil {
			return err
		}
		if err := e.Export(context.Background(), batch); err != nil {
			return err
		}
	}
	return e.Shutdown(context.Background())
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childPath+"="+path, childDoes+"=full")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, e := range read(t, path) {
		if e.Visit != i+1 {
			t.Fatalf("event %d is %d", i+1, e.Visit)
		}
	}
}

// TestNoSpace: /dev/full is a device that has no space, ever.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	w, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		sinktest.Skip(t, "this system has no /dev/full: %v", err)
	}
	defer w.Close()
	e, err := jsonl.NewWriter(w)
	if err != nil {
		t.Fatal(err)
	}
	err = e.Export(context.Background(), touches(1, 1, "pay"))
	if !errors.Is(err, syscall.ENOSPC) || sink.IsPermanent(err) {
		t.Errorf("it says %v", err)
	}
}

// TestTorn opens files as crashes leave them.
func TestTorn(t *testing.T) {
	t.Parallel()
	one := line(t, "one")
	two := line(t, "two")
	zeros := strings.Repeat("\x00", 10_000)
	longest := touches(1, 1, "long")
	longest[0].Cause = "x"
	longest[0].Cause = strings.Repeat("x", event.MaxJSON+1-len(longest[0].AppendJSON(nil)))
	long := string(longest[0].AppendJSON(nil)) + "\n"
	for _, c := range []struct {
		name, reason string
		has          string
		keeps        string // before what is written then
		err          error
	}{
		{"empty", "nothing is torn", "", "", nil},
		{"whole", "nothing is torn", one + two, one + two, nil},
		{"torn in the second line", "nobody was told that it is there", one + two[:40], one, nil},
		{"torn in the first line", "as above", one[:1], "", nil},
		{"without the last line break", "it is a whole event", one + two[:len(two)-1], one + two, nil},
		{"the first line without its break", "as above", one[:len(one)-1], one, nil},
		{"JSON that is no event", "a number is whole at any digit: only an event is", one + `{"v":1`, one, nil},
		{"zeros at the end", "a file system had made room for what was not written", one + two + zeros, one + two, nil},
		{"zeros after a torn line", "as above", one + two[:40] + zeros, one, nil},
		{"zeros after a line without its break", "it is a whole event", one + two[:len(two)-1] + zeros, one + two, nil},
		{"zeros alone", "as above", zeros, "", nil},
		{"more zeros than a line may have", "as above", one + strings.Repeat(zeros, 250), one, nil},
		{"zeros at the beginning", "the first blocks were not written", zeros + two, two, nil},
		{"zeros at the beginning, in a line", "as above", zeros + one[30:] + two, two, nil},
		{"zeros over the first bytes", "as above", "\x00\x00\x00" + one[3:] + two, two, nil},
		{"zeros in the middle", "so were others", one + zeros + two, one + two, nil},
		{"zeros in a line", "as above", one + two[:40] + zeros + two[60:] + one, one + one, nil},
		{"zeros over a line break", "both lines are whole", one[:len(one)-1] + "\x00" + two, one + two, nil},
		{"one zero in a line", "no line has one", one + two[:40] + "\x00" + two[41:] + one, one + one, nil},
		{"zeros everywhere", "as above", zeros + one + zeros + two[50:] + zeros + one + two[:50] + zeros, one + one, nil},
		{"zeros, and a piece of a line", "it is damaged, and nobody else's", zeros + one[40:], "", nil},
		{"zeros, and a piece without a line break", "as above", zeros + one[40:80], "", nil},
		{"more zeros than a line may have at the beginning", "as above", strings.Repeat(zeros, 250) + one, one, nil},
		{"zeros, and a piece with blanks", "a text may have some", zeros + one[40:60] + " a b", "", nil},
		{"as few zeros as a power cut leaves, and a piece", "a disk writes whole sectors of 512 bytes", strings.Repeat("\x00", 512) + one[40:], "", nil},
		{"fewer, and a piece", "no power cut has left them", strings.Repeat("\x00", 511) + one[40:], "", jsonl.ErrForeign},
		{"fewer, behind a piece", "it begins as a line does", one[:40] + "\x00" + one[41:], "", nil},
		{"the longest line", "readers take it", long, long, nil},
		{"the longest line behind another, without its break", "as above", one + long[:len(long)-1], one + long, nil},
		{"the longest line behind zeros", "as above", zeros + one + long + one, one + long + one, nil},
		{"a longer line behind zeros", "readers refuse it", zeros + one + long[:len(long)-3] + "x" + long[len(long)-3:] + one, one + one, nil},
		{"a foreign text with tabs", "no line has control characters", "{\x00" + "a\tb", "", jsonl.ErrForeign},
		{"a foreign text with separators", "as above", "{\x00" + "a\x1fb", "", jsonl.ErrForeign},
		{"a rune that is cut", "a piece of a line as others", one + `{"v":1,"kind":"caf` + "\xc3", one, nil},
		{"a rune that is cut, and zeros", "as above", one + `{"v":1,"kind":"caf` + "\xc3" + zeros + two, one + two, nil},
		{"a foreign binary file with zeros at the beginning", "it is somebody's", zeros + "\x7fELF\x02\x01", "", jsonl.ErrForeign},
		{"a foreign text in UTF-16", "as above", "\x00D\x00e\x00a\x00r\x00 \x00d\x00i\x00a\x00r\x00y", "", jsonl.ErrForeign},
		{"a foreign text", "it is somebody's", "Dear diary", "", jsonl.ErrForeign},
		{"a foreign text with lines", "it is somebody's", "a,b\n1,2\n", "", jsonl.ErrForeign},
		{"a foreign binary file", "it is somebody's", "\x00\x01\x02" + zeros, "", jsonl.ErrForeign},
		{"one object without end", "no line is so long", one + "{" + strings.Repeat(" ", event.MaxJSON+1), "", jsonl.ErrForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "events.jsonl")
			if err := os.WriteFile(path, []byte(c.has), 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := jsonl.New(path)
			if !errors.Is(err, c.err) {
				t.Fatalf("New: %v, want %v: %s", err, c.err, c.reason)
			}
			want := c.has
			if err == nil {
				next := touches(1, 1, "next")
				export(t, e, next...)
				shut(t, e)
				want = c.keeps + string(next[0].AppendJSON(nil)) + "\n"
			}
			aside, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.damaged"))
			inside := strings.Contains(strings.TrimRight(c.has, "\x00"), "\x00") && c.err == nil
			if (len(aside) == 1) != inside {
				t.Errorf("set aside is %q: %s", aside, c.reason)
			}
			for _, name := range aside {
				if b, err := os.ReadFile(name); err != nil || string(b) != c.has {
					t.Errorf("what is set aside has %d bytes, want all %d: %v", len(b), len(c.has), err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil || string(got) != want {
				t.Errorf("the file has %d bytes, %.200q, want %d, %.200q: %s: %v", len(got), got, len(want), want, c.reason, err)
			}
		})
	}
}

func line(t *testing.T, name string) string {
	t.Helper()
	return string(touches(1, 1, name)[0].AppendJSON(nil)) + "\n"
}
