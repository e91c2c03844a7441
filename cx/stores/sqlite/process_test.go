package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/sqlite"
)

// The test binary is started again as another process on the same file, which appends to a few runs
// and prints what Write has acknowledged.
const (
	childTask  = "CAIRN_SQLITE_TEST" // "append NAME", until it is killed, or "append NAME TIMES"
	childPath  = "CAIRN_SQLITE_TEST_PATH"
	sharedRuns = 5
)

func child(task string) int {
	var name string
	times := 1 << 30
	if n, _ := fmt.Sscanf(task, "append %s %d", &name, &times); n < 1 {
		fmt.Println("no such task:", task)
		return 1
	}
	store, err := sqlite.Open(os.Getenv(childPath))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if err := appendAll(store, name, times, os.Stdout); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := store.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// appendAll appends "<name n>" to every run, n counting up, and prints it when it is acknowledged.
func appendAll(store *sqlite.Store, name string, times int, out io.Writer) error {
	for n := range times {
		entry := fmt.Sprintf("<%s %d>", name, n)
		changes := make([]ledger.Change, sharedRuns)
		for i := range changes {
			changes[i] = ledger.Change{Key: ledger.Key{byte(i)}, Append: []byte(entry)}
		}
		if _, err := store.Write(context.Background(), changes); err != nil {
			return err
		}
		fmt.Fprintln(out, entry)
	}
	return nil
}

func startChild(t *testing.T, path, task string) (*exec.Cmd, io.Reader) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childTask+"="+task, childPath+"="+path)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, out
}

// logs returns the logs of the shared runs.
func logs(t *testing.T, store *sqlite.Store) []string {
	t.Helper()
	changes := make([]ledger.Change, sharedRuns)
	for i := range changes {
		changes[i] = ledger.Change{Key: ledger.Key{byte(i)}}
	}
	records, err := store.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	logs := make([]string, len(records))
	for i, r := range records {
		logs[i] = string(r.Log)
	}
	return logs
}

// A process that is killed in the middle of writing has lost nothing that was acknowledged, and left
// no transaction half made.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	for round := range 4 {
		name := fmt.Sprint("round", round)
		c, out := startChild(t, path, "append "+name)
		lines := bufio.NewScanner(out)
		var acknowledged []string
		for lines.Scan() {
			acknowledged = append(acknowledged, lines.Text())
			if len(acknowledged) == 30+7*round {
				if err := c.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Wait(); err == nil || len(acknowledged) < 30 {
			t.Fatalf("the process was not killed: %v, %q", err, acknowledged)
		}
		store := open(t, path)
		got := logs(t, store)
		_, mine, _ := strings.Cut(got[0], "<"+name+" 0>")
		mine = "<" + name + " 0>" + mine
		all := strings.Join(acknowledged, "")
		unacknowledged := fmt.Sprintf("<%s %d>", name, len(acknowledged))
		if mine != all && mine != all+unacknowledged {
			t.Errorf("round %d: the log is %q, acknowledged was %q", round, mine, all)
		}
		for i, log := range got {
			if log != got[0] {
				t.Errorf("round %d: a Write was made half: run %d has %q, run 0 %q", round, i, log, got[0])
			}
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Several processes write to one file, all of them while it is new: nothing is lost, nothing twice.
func TestProcesses(t *testing.T) {
	t.Parallel()
	const processes = 3
	times := 20
	if os.Getenv("CAIRN_WHOLE") != "" {
		times = 60
	}
	path := filepath.Join(t.TempDir(), "store.db")
	var children []*exec.Cmd
	var outs []io.Reader
	for i := range processes {
		c, out := startChild(t, path, fmt.Sprintf("append process%d %d", i, times))
		children, outs = append(children, c), append(outs, out)
	}
	store := open(t, path)
	if err := appendAll(store, "here", times, io.Discard); err != nil {
		t.Error(err)
	}
	for i, c := range children {
		said, _ := io.ReadAll(outs[i])
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, said)
		}
	}
	for i, log := range logs(t, store) {
		for _, name := range []string{"here", "process0", "process1", "process2"} {
			for n := range times {
				if found := strings.Count(log, fmt.Sprintf("<%s %d>", name, n)); found != 1 {
					t.Fatalf("run %d: append %d of %s is there %d times", i, n, name, found)
				}
			}
		}
	}
}
