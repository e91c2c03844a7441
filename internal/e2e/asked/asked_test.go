// Package asked_test has real processes ask the same customers for feedback on one store, and kills the processes. What each process was
// answered is in a file that the store has no part in.
package asked_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// whole reports whether the whole test is asked for, and not a sample.
func whole() bool { return os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() }

// seed is random, or the value of CAIRN_ASKED_SEED, which repeats a run as far as several processes allow.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("CAIRN_ASKED_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CAIRN_ASKED_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

// TestNoCustomerIsAskedTwice: two processes ask the same customers the same questions and are killed meanwhile. No customer is asked the
// same question twice within its time, nor more often in all than the contact policy allows. With CAIRN_WHOLE=1 they ask 10,000 times
// on each store.
func TestNoCustomerIsAskedTwice(t *testing.T) {
	kinds, asks, kills := []string{shared.Redis, shared.SQLite}, 1500, 6
	if whole() {
		kinds, asks, kills = append(kinds, shared.Postgres), 10_000, 40
	}
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			random := seed(t)
			t.Logf("CAIRN_ASKED_SEED=%d", random)
			at := shared.StartStore(t, kind)
			at.Prefix = "asked"
			store, closeStore, err := at.Open(t.Context()) // makes the tables
			if err != nil {
				t.Fatal(err)
			}
			_ = store
			closeStore()
			began := time.Now()
			lines, killed := work(t, at, random, asks, kills)
			check(t, lines, asks, killed, kills, time.Since(began))
		})
	}
}

// work lets two processes ask until they have asked often enough and enough of them were killed, and returns what they were answered.
func work(t *testing.T, at shared.Place, random uint64, asks, kills int) (lines []line, killed int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(random, 1))
	dir := t.TempDir()
	var files []string
	var asked atomic.Int64
	hire := func() *process {
		file := filepath.Join(dir, fmt.Sprint("witness-", len(files)))
		files = append(files, file)
		return start(t, order{Store: at, Witness: file, Seed: rng.Uint64()}, &asked)
	}
	crew := []*process{hire(), hire()}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for asked.Load() < int64(asks) || killed < kills {
		// The next one is killed when so many more asks have begun: within one, mostly.
		next := asked.Load() + 1 + rng.Int64N(int64(max(2, 2*asks/(kills+1))))
		for killed < kills && asked.Load() < next || killed >= kills && asked.Load() < int64(asks) {
			select {
			case <-crew[0].heard:
			case <-crew[1].heard:
			case <-limit.C:
				t.Fatalf("the processes have asked %d times within %v", asked.Load(), patience)
			}
		}
		if killed < kills {
			victim := rng.IntN(2)
			crew[victim].kill()
			crew[victim] = hire()
			killed++
		}
	}
	for _, p := range crew {
		p.end(t)
	}
	for _, file := range files {
		lines = append(lines, read(t, file)...)
	}
	return lines, killed
}

// check compares the times of the requests that were granted, as far as they are known: each was granted between From and To.
func check(t *testing.T, lines []line, asks, killed, kills int, took time.Duration) {
	t.Helper()
	granted, refused := map[string][]line{}, map[string]int{}
	for _, l := range lines {
		if l.Rule != "" {
			refused[l.Rule]++
			continue
		}
		granted[fmt.Sprint(l.Person, l.Survey)] = append(granted[fmt.Sprint(l.Person, l.Survey)], l)
		granted[fmt.Sprint(l.Person)] = append(granted[fmt.Sprint(l.Person)], l)
	}
	requests, again := 0, 0
	for who, of := range granted {
		most, within := 1, every
		if _, err := strconv.Atoi(who); err == nil {
			most, within = together, window
			requests += len(of)
		}
		slices.SortFunc(of, func(a, b line) int { return a.To.Compare(b.To) })
		for i := most; i < len(of); i++ {
			again++
			if d := of[i].To.Sub(of[i-most].From); d < within {
				t.Errorf("customer %s was asked more than %d times within %v, want %v: %+v and %+v", who, most, d, within, of[i-most], of[i])
			}
		}
	}
	if len(lines) < asks-2*atOnce*(killed+2) || killed < kills || refused[event.RuleCap] == 0 || again == 0 {
		t.Errorf("the test shows nothing: %d lines, %d of %d kills, refused %v, %d customers asked again", len(lines), killed, kills, refused, again)
	}
	t.Logf("%d answers to asks, %d granted, refused %v, %d times another one after the time was over, %d kills, %v",
		len(lines), requests, refused, again, killed, took.Round(time.Millisecond))
}

// process is one worker.
type process struct {
	cmd   *exec.Cmd
	in    interface{ Close() error }
	heard chan struct{} // something was asked
	over  chan error
	log   *strings.Builder
}

// start starts a worker.
func start(t *testing.T, o order, asked *atomic.Int64) *process {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(os.Args[0]), heard: make(chan struct{}, 1), over: make(chan error, 1), log: &strings.Builder{}} //nolint:gosec // it is this test
	p.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.in = in; p.cmd.Start() != nil {
		t.Fatal("a worker does not start")
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // of one that has ended it does nothing
	go func() {
		buf := make([]byte, 256)
		for {
			n, err := out.Read(buf)
			asked.Add(int64(n)) // a byte for each ask that begins
			select {
			case p.heard <- struct{}{}:
			default:
			}
			if err != nil {
				break
			}
		}
		p.over <- p.cmd.Wait()
	}()
	return p
}

// kill kills the worker with signal 9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.over
}

// end lets the worker end by itself.
func (p *process) end(t *testing.T) {
	t.Helper()
	_ = p.in.Close()
	select {
	case err := <-p.over:
		if err != nil {
			t.Errorf("a worker ends with %v: %s", err, p.log)
		}
	case <-time.After(patience):
		t.Errorf("a worker does not end")
	}
}

// read returns the lines of a witness. One that is not complete is the last one of a killed process.
func read(t *testing.T, file string) (lines []line) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) { // it was killed before it had one
		t.Fatal(err)
	}
	for one := range strings.Lines(string(text)) {
		var l line
		if !strings.HasSuffix(one, "\n") {
			break
		}
		if err := json.Unmarshal([]byte(one), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.Person, b.Person) })
	return lines
}
