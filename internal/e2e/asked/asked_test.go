// Package asked_test has real processes ask the same customers for feedback on one store, and kills the processes. What each process was
// answered is in a file that the store has no part in.
package asked_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
// same question twice within its time, nor more often in all than the contact policy allows. Both processes record what becomes of each
// request, each in its own way: it ends once. With CAIRN_WHOLE=1 they ask 10,000 times on each store, and another process tells what the
// killed ones have committed.
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
			defer closeStore()
			began := time.Now()
			lines, survivors, killed := work(t, at, random, asks, kills)
			took := time.Since(began)
			if whole() {
				lines = append(lines, heir(t, store)...)
			}
			check(t, lines, asks, killed, kills, took)
			checkEnds(t, lines, survivors)
		})
	}
}

// work lets two processes ask until they have asked often enough and enough of them were killed, and returns what they were answered.
// Survivors are the requests of which a process that was not killed has recorded an end.
func work(t *testing.T, at shared.Place, random uint64, asks, kills int) (lines []line, survivors map[event.ID]bool, killed int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(random, 1))
	dir := t.TempDir()
	var files []string
	var asked atomic.Int64
	granted := make(chan string, 1<<14)
	hire := func() *process {
		file := filepath.Join(dir, fmt.Sprint("witness-", len(files)))
		files = append(files, file)
		return start(t, order{Store: at, Witness: file, Seed: rng.Uint64()}, &asked, granted)
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
			case request := <-granted:
				for _, p := range crew {
					_, _ = io.WriteString(p.in, request+"\n") // one that is killed does not read it
				}
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
	survivors = map[event.ID]bool{}
	for _, p := range crew {
		p.end(t)
		for _, l := range read(t, p.order.Witness) {
			if !l.Heard.IsZero() {
				survivors[l.Heard] = true
			}
		}
	}
	for _, file := range files {
		lines = append(lines, read(t, file)...)
	}
	return lines, survivors, killed
}

// check compares the times of the requests that were granted, as far as they are known: each was granted between From and To.
func check(t *testing.T, lines []line, asks, killed, kills int, took time.Duration) {
	t.Helper()
	granted, refused := map[string][]line{}, map[string]int{}
	answers := 0
	for _, l := range lines {
		if l.Told != nil || !l.Heard.IsZero() {
			continue
		}
		answers++
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
			first := slices.MinFunc(of[i-most:i+1], func(a, b line) int { return a.From.Compare(b.From) })
			if d := of[i].To.Sub(first.From); d < within { // whenever they were granted between From and To
				t.Errorf("customer %s was asked more than %d times within %v, want %v: %+v", who, most, d, within, of[i-most:i+1])
			}
		}
	}
	if answers < asks-2*atOnce*(killed+2) || killed < kills || refused[event.RuleCap] == 0 || again == 0 {
		t.Errorf("the test shows nothing: %d answers, %d of %d kills, refused %v, %d customers asked again", answers, killed, kills, refused, again)
	}
	t.Logf("%d answers to asks, %d granted, refused %v, %d times another one after the time was over, %d kills, %v",
		answers, requests, refused, again, killed, took.Round(time.Millisecond))
}

// heir tells what killed processes have committed, when their leases are over, and returns what it has told.
func heir(t *testing.T, store shared.Store) (lines []line) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "heir")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	client, err := newClient(store, witness{file})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(lease + 15*time.Second) // it is the store's time that passes
	if err := client.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	return read(t, path)
}

// checkEnds checks that each request ends once at most, under one ID, and once exactly where a process that was not killed has recorded an
// end: then the store has it.
func checkEnds(t *testing.T, lines []line, survivors map[event.ID]bool) {
	t.Helper()
	ends, kinds, amended := map[event.ID]map[event.ID]bool{}, map[event.Kind]int{}, 0
	for _, l := range lines {
		if l.Told == nil {
			continue
		}
		kinds[l.Told.Kind]++
		switch request := l.Told.Request; {
		case l.Told.Kind == event.FeedbackAmended:
			amended++
		case request.IsZero() || l.Told.Kind != event.FeedbackReceived && l.Told.Kind != event.SurveyClosed: // an answer after the end
		default:
			if ends[request] == nil {
				ends[request] = map[event.ID]bool{}
			}
			ends[request][l.Told.ID] = true
		}
	}
	for request, of := range ends {
		if len(of) > 1 {
			t.Errorf("request %v ends %d times", request, len(of))
		}
	}
	missing := 0
	for request := range survivors {
		if len(ends[request]) == 0 {
			missing++
		}
	}
	if whole() && missing > 0 {
		t.Errorf("%d of %d requests have no end, although a process that was not killed has recorded one", missing, len(survivors))
	}
	if len(survivors) == 0 || len(ends) == 0 || amended == 0 {
		t.Errorf("the test shows nothing: %d requests, %d ends, %d changes", len(survivors), len(ends), amended)
	}
	t.Logf("%d requests ended once, %d ends are a killed process' to tell, told %v", len(ends), missing, kinds)
}

// process is one worker.
type process struct {
	order order
	cmd   *exec.Cmd
	in    io.WriteCloser
	heard chan struct{} // something was asked
	over  chan error
	log   *strings.Builder
}

// start starts a worker.
func start(t *testing.T, o order, asked *atomic.Int64, granted chan<- string) *process {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{order: o, cmd: exec.Command(os.Args[0]), heard: make(chan struct{}, 1), over: make(chan error, 1), log: &strings.Builder{}} //nolint:gosec // it is this test
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
		for scan := bufio.NewScanner(out); scan.Scan(); {
			if text := scan.Text(); text != "asking" {
				granted <- text
				continue
			}
			asked.Add(1)
			select {
			case p.heard <- struct{}{}:
			default:
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
