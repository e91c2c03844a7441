// Package effort_test has real processes record contacts of the same customers on one store, and kills them while they record and while
// they tell efforts that are over. What each process has told is in a file that the store has no part in.
package effort_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/e2e/shared"
)

// scenario is the load and the kills on a store.
type scenario struct {
	people         int
	recordingKills int           // kills while contacts are recorded
	tellingKills   int           // kills while efforts are told
	until          time.Duration // the efforts are over this long after the first contact is recorded
}

func newScenario() scenario {
	if os.Getenv("CAIRN_WHOLE") != "" && !testing.Short() {
		return scenario{people: 3000, recordingKills: 12, tellingKills: 12, until: 40 * time.Second}
	}
	return scenario{people: 80, recordingKills: 2, tellingKills: 2, until: 3 * time.Second}
}

// seed is random, or the value of CAIRN_EFFORT_SEED, which repeats a run as far as several processes allow.
func seed(t *testing.T) uint64 {
	t.Helper()
	if text := os.Getenv("CAIRN_EFFORT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("CAIRN_EFFORT_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

// contactsOf returns how many contacts the person has.
func contactsOf(person int) int { return 1 + person%4 }

// TestEffortsSurviveTheirProcesses: each effort is told under one ID and with the same contents each time, whichever process is killed
// while it records or tells, and every contact is in its effort once.
func TestEffortsSurviveTheirProcesses(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{shared.Redis, shared.Postgres, shared.SQLite} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			at := shared.StartStore(t, kind)
			at.Prefix = "effort"
			for s := newScenario(); !run(t, at, s); s.until *= 2 {
				at.Prefix += "_again"
				t.Logf("recording took longer than %v, and contacts came too late", s.until)
			}
		})
	}
}

// worker is a process.
type worker struct {
	order order
	cmd   *exec.Cmd
	in    interface {
		Write(b []byte) (int, error)
		Close() error
	}
	ready, killed, ended bool
	given                map[int]batch // and not done
	stderr               strings.Builder
}

type said struct {
	by   *worker
	text string
	err  error
	end  bool
}

// crew is the processes of a test.
type crew struct {
	t       *testing.T
	place   shared.Place
	dir     string
	lines   chan said
	all     []*worker
	alive   []*worker
	told    int
	lost    int
	waiting []batch // to be given
	strike  func(word string, w *worker) bool
	struck  map[string]int
}

func (c *crew) hire() {
	w := &worker{order: order{Store: c.place, Witness: filepath.Join(c.dir, fmt.Sprint("witness-", len(c.all)))}, given: map[int]batch{}}
	text, err := json.Marshal(w.order)
	if err != nil {
		c.t.Fatal(err)
	}
	w.cmd = exec.Command(os.Args[0])
	w.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	w.cmd.Stderr = &w.stderr
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.all, c.alive = append(c.all, w), append(c.alive, w)
	go func() {
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			c.lines <- said{by: w, text: scan.Text()}
		}
		c.lines <- said{by: w, err: w.cmd.Wait(), end: true}
	}()
}

// ahead is how many batches a worker has at a time: a kill then meets it while it records, and not long after.
const ahead = 2

// feed gives the worker what it has room for.
func (c *crew) feed(w *worker) {
	for w.ready && !w.killed && len(w.given) < ahead && len(c.waiting) > 0 {
		next := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.give(w, next)
	}
}

func (c *crew) give(w *worker, b batch) {
	text, err := json.Marshal(b)
	if err != nil {
		c.t.Fatal(err)
	}
	w.given[b.Number] = b
	_, _ = w.in.Write(append(text, '\n')) // a killed worker does not read it
}

// hear handles lines until it is enough.
func (c *crew) hear(enough func() bool, what string) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !enough() {
		select {
		case s := <-c.lines:
			c.heard(s)
		case <-limit.C:
			c.t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func (c *crew) heard(s said) {
	w := s.by
	word, rest, _ := strings.Cut(s.text, " ")
	switch {
	case s.end:
		c.gone(s)
		return
	case word == saysReady:
		w.ready = true
		c.feed(w)
	case word == saysDone:
		n, _ := strconv.Atoi(rest)
		delete(w.given, n)
		c.feed(w)
	case word == saysTold:
		c.told++
	case word == saysLost:
		c.lost++
	case word == saysEnded:
		w.ended = true
	}
	if !w.killed && c.strike != nil && c.strike(word, w) {
		c.struck[word]++
		w.killed = true
		if err := w.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *crew) gone(s said) {
	for i, w := range c.alive {
		if w == s.by {
			c.alive = append(c.alive[:i:i], c.alive[i+1:]...)
			break
		}
	}
	if !s.by.killed {
		if s.err != nil || !s.by.ended {
			c.t.Fatalf("a worker that was not killed ended: %v\n%s", s.err, s.by.stderr.String())
		}
		return
	}
	for _, b := range s.by.given {
		c.waiting = append(c.waiting, b)
	}
	c.hire()
}

// idle reports whether every batch is done.
func (c *crew) idle() bool {
	for _, w := range c.alive {
		if !w.ready || w.killed || len(w.given) > 0 {
			return false
		}
	}
	return len(c.waiting) == 0
}

// run returns false if the contacts were recorded too late for their efforts, so that nothing is known.
func run(t *testing.T, at shared.Place, s scenario) bool {
	t.Helper()
	random := seed(t)
	t.Logf("CAIRN_EFFORT_SEED=%d", random)
	rng := rand.New(rand.NewPCG(random, 1))
	_, closeStore, err := at.Open(t.Context()) // makes the tables
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore()
	c := &crew{t: t, place: at, dir: t.TempDir(), lines: make(chan said), struck: map[string]int{}}
	for range 3 {
		c.hire()
	}
	defer func() {
		for _, w := range c.alive {
			_ = w.cmd.Process.Kill()
		}
		go func() {
			for range c.lines { // what they still say
			}
		}()
	}()
	c.hear(c.idle, "the workers begin")

	// strikes kills at random words, so many times.
	strikes := func(word string, kills, every int) func(string, *worker) bool {
		next := 1 + rng.IntN(every)
		return func(heard string, _ *worker) bool {
			if heard != word || kills == 0 {
				return false
			}
			if next--; next > 0 {
				return false
			}
			kills--
			next = 1 + rng.IntN(every)
			return true
		}
	}
	contacts := 0
	began := time.Now().Add(s.until - window - grace).Truncate(time.Millisecond)
	var all []contact
	for person := range s.people {
		for n := range contactsOf(person) {
			all = append(all, contact{person, n, began})
			contacts++
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	c.strike = strikes(saysRecorded, s.recordingKills, contacts/(s.recordingKills+1))
	for n := 0; len(all) > 0; n++ {
		size := min(len(all), 1+rng.IntN(12))
		c.waiting = append(c.waiting, batch{n, all[:size]})
		all = all[size:]
	}
	for _, w := range c.alive {
		c.feed(w)
	}
	c.hear(c.idle, "the contacts are recorded")
	if c.lost > 0 {
		return false
	}
	if c.told > 0 {
		t.Errorf("%d efforts are told before they are over", c.told)
	}
	c.strike = strikes(saysTold, s.tellingKills, s.people/(s.tellingKills+1))
	c.hear(func() bool { return c.told >= s.people && len(c.witnessed()) == s.people && c.idle() }, "the efforts are told")
	again := c.told - s.people
	for _, w := range c.alive {
		_ = w.in.Close()
	}
	c.hear(func() bool { return len(c.alive) == 0 }, "the workers end")
	counted := check(t, c.witnessed(), s, began)
	if c.struck[saysRecorded] != s.recordingKills || c.struck[saysTold] != s.tellingKills {
		t.Errorf("the kills are %v, want %d and %d", c.struck, s.recordingKills, s.tellingKills)
	}
	t.Logf("%d contacts of %d customers; killed %v; %d tellings more than efforts; %d efforts in metrics", contacts, s.people, c.struck, again, counted)
	return true
}

// witnessed returns what all processes have told, by ID.
func (c *crew) witnessed() map[event.ID][]telling {
	all := map[event.ID][]telling{}
	for _, w := range c.all {
		data, err := os.ReadFile(w.order.Witness)
		if err != nil {
			continue // it was killed before it had one
		}
		for line := range bytes.Lines(data) {
			var one telling
			if err := json.Unmarshal(line, &one); err != nil {
				continue // cut by a kill
			}
			all[one.ID] = append(all[one.ID], one)
		}
	}
	return all
}

// check compares what was told with what happened, and returns how many efforts were counted in metrics.
func check(t *testing.T, told map[event.ID][]telling, s scenario, began time.Time) (counted int) {
	t.Helper()
	hashes := map[string]bool{}
	sizes := map[int]int{}
	for id, all := range told {
		times := 0
		for i := range all {
			if all[i].Counted {
				times++
			}
			all[i].Counted = false
		}
		if counted += times; times > 1 {
			t.Errorf("%v is in metrics %d times", id, times)
		}
		one := all[0]
		for _, other := range all[1:] {
			if other != one {
				t.Errorf("%v is told as %+v, and as %+v", id, one, other)
			}
		}
		if hashes[one.Hash] {
			t.Errorf("an effort of %s is told under two IDs", one.Hash)
		}
		hashes[one.Hash] = true
		sizes[one.Contacts]++
		last := began.Add(time.Duration(one.Contacts-1) * time.Second)
		if one.Answered != one.Contacts || one.Switches != one.Contacts-1 || one.First != (one.Contacts == 1) || !one.Began.Equal(began) || !one.Time.Equal(last.Add(window)) {
			t.Errorf("%v is told as %+v", id, one)
		}
	}
	want := map[int]int{}
	for person := range s.people {
		want[contactsOf(person)]++
	}
	for n, efforts := range want {
		if sizes[n] != efforts {
			t.Errorf("%d efforts with %d contacts are told, want %d", sizes[n], n, efforts)
		}
	}
	return counted
}
