package answered_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/e2e/shared"
)

const (
	workers = 2
	list    = 4 // the most steps that a worker gets at once
)

// crew gives the steps of matters to worker processes, kills some of them, and starts others in their place.
type crew struct {
	t     *testing.T
	store shared.Place
	dir   string
	rng   *rand.Rand
	defs  *matters
	names map[string]bool // of the follow-ups

	matters, kills int
	began          []time.Time
	seen           []int // how many processes have seen the cause
	next           []item
	unopened       []item // whose follow-up no process has told to be open
	open           int    // matters whose steps are not all taken
	doubt          map[int]bool

	all      []*process
	alive    [workers]*process
	heard    chan heard
	killed   int
	killedAt map[string]int
	word     string // the next word at whose n-th time a worker is killed
	n        int
}

// process is one worker.
type process struct {
	place int
	order order
	cmd   *exec.Cmd
	in    io.WriteCloser
	log   strings.Builder
	own   []item // causes that it is to see
	job   []item // without an acknowledgement
	over  chan error
}

// heard is a word of a worker.
type heard struct {
	by   *process
	word string
}

func newCrew(t *testing.T, store shared.Place, random uint64, matters, kills int) *crew {
	c := &crew{
		t: t, store: store, dir: t.TempDir(), rng: rand.New(rand.NewPCG(random, 1)), defs: newMatters(), names: map[string]bool{}, matters: matters, kills: kills,
		began: make([]time.Time, matters), seen: make([]int, matters), open: matters, doubt: map[int]bool{}, heard: make(chan heard, 1<<10), killedAt: map[string]int{},
	}
	for i := range c.defs.kinds {
		c.names[c.defs.kinds[i].followUp.Name()] = true
	}
	c.fuse()
	for i := range c.alive {
		c.hire(i)
		for n := range matters {
			c.alive[i].own = append(c.alive[i].own, item{Matter: n})
		}
	}
	return c
}

// run returns the name and the ID of the follow-up of the matter.
func (c *crew) run(n int) string {
	k := c.defs.of(n)
	return k.followUp.Name() + " " + k.followUp.ID(k.causeID(n))
}

// fuse decides when the next worker is killed: within the steps that are left, mostly.
func (c *crew) fuse() {
	words := []string{saysBegun, saysRecorded, saysExported}
	steps := 0
	for n := range c.matters {
		steps += workers + len(c.defs.of(n).steps)
	}
	c.word, c.n = words[c.rng.IntN(len(words))], 1+c.rng.IntN(max(1, steps/list/(c.kills+1)))
}

// hire starts a worker.
func (c *crew) hire(place int) {
	p := &process{place: place, order: order{c.store, filepath.Join(c.dir, fmt.Sprint("witness-", len(c.all)))}, over: make(chan error, 1)}
	text, err := json.Marshal(p.order)
	if err != nil {
		c.t.Fatal(err)
	}
	p.cmd = exec.Command(os.Args[0]) //nolint:gosec // it is this test
	p.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		c.t.Fatalf("start a worker: %v", err)
	}
	c.t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // of one that has ended it does nothing
	c.all = append(c.all, p)
	c.alive[place] = p
	go func() {
		for scan := bufio.NewScanner(out); scan.Scan(); {
			c.heard <- heard{p, scan.Text()}
		}
		p.over <- p.cmd.Wait()
	}()
}

// work lets the workers take all steps, and kills some of them meanwhile.
func (c *crew) work() {
	c.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	c.give()
	for c.open > 0 || c.killed < c.kills {
		select {
		case h := <-c.heard:
			c.hear(h)
		case <-tick.C:
			c.reopen()
			c.give()
		case <-limit.C:
			c.t.Fatalf("%d of %d matters are open after %v, and %d workers were killed: %s %s", c.open, c.matters, patience, c.killed, &c.alive[0].log, &c.alive[1].log)
		}
	}
}

// hear handles a word of a worker.
func (c *crew) hear(h heard) {
	c.t.Helper()
	if h.by != c.alive[h.by.place] {
		return // it was killed
	}
	if h.word == saysDone {
		c.acknowledge(h.by)
	}
	if h.word == c.word && c.killed < c.kills {
		if c.n--; c.n <= 0 {
			c.kill(h.by)
		}
	}
	c.give()
}

// give gives each idle worker its next steps.
func (c *crew) give() {
	for _, p := range c.alive {
		if p.job != nil {
			continue
		}
		take := func(from *[]item) {
			n := min(list-len(p.job), len(*from))
			p.job = append(p.job, (*from)[:n]...)
			*from = (*from)[n:]
		}
		take(&p.own)
		take(&c.next)
		if len(p.job) == 0 {
			p.job = nil
			continue
		}
		for i := range p.job {
			x := &p.job[i]
			if c.began[x.Matter].IsZero() {
				c.began[x.Matter] = time.Now().Add(-age)
			}
			x.Began = c.began[x.Matter]
		}
		text, err := json.Marshal(p.job)
		if err != nil {
			c.t.Fatal(err)
		}
		_, _ = p.in.Write(append(text, '\n')) // another worker gets the steps if this one has gone
	}
}

// acknowledge notes that the worker's steps survive it, and queues the following ones.
func (c *crew) acknowledge(p *process) {
	for _, i := range p.job {
		if i.Step == 0 {
			if c.seen[i.Matter]++; c.seen[i.Matter] < workers {
				continue
			}
		}
		if i.Step++; i.Step > len(c.defs.of(i.Matter).steps) {
			c.open--
			continue
		}
		if i.Step == 1 { // nobody answers what nobody knows of
			c.unopened = append(c.unopened, i)
			continue
		}
		at := c.rng.IntN(len(c.next) + 1)
		c.next = append(c.next[:at:at], append([]item{i}, c.next[at:]...)...)
	}
	p.job = nil
}

// reopen queues the steps of the matters whose follow-up is open. A killed process may have known of the cause alone: another one opens the
// follow-up when the lease is over, which a sample does not wait for.
func (c *crew) reopen() {
	if len(c.unopened) == 0 {
		return
	}
	books := c.books()
	c.unopened = slices.DeleteFunc(c.unopened, func(i item) bool {
		b := books[c.run(i.Matter)]
		switch {
		case b != nil && len(b.ids["received 1"]) > 0:
			c.next = append(c.next, i)
		case c.doubt[i.Matter] && !whole():
			c.open--
		default:
			return false
		}
		return true
	})
}

// kill kills the worker with signal 9, and starts another one, which gets its steps. What becomes of them is in doubt, and so is what time
// did at that moment: another process tells it when the lease is over.
func (c *crew) kill(p *process) {
	_ = p.cmd.Process.Kill()
	<-p.over
	c.killed++
	c.killedAt[c.word]++
	for _, i := range p.job {
		c.doubt[i.Matter] = true
	}
	now := time.Now()
	for n, began := range c.began {
		if w := c.defs.of(n).timely; w > 0 && !began.IsZero() && now.After(began.Add(w+grace-time.Second)) {
			c.doubt[n] = true
		}
	}
	c.fuse()
	c.hire(p.place)
	heir := c.alive[p.place]
	heir.own = p.own
	for _, i := range p.job {
		if i.Step == 0 {
			heir.own = append(heir.own, i)
		} else {
			c.next = append(c.next, i)
		}
	}
}

// watch waits until nothing is missing.
func (c *crew) watch() {
	c.t.Helper()
	limit := time.Now().Add(patience)
	for {
		err := c.missing(c.books(), whole())
		if err == nil {
			return
		}
		if time.Now().After(limit) {
			c.t.Errorf("after %v: %v", patience, err)
			return
		}
		select {
		case h := <-c.heard:
			c.hear(h)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// dismiss lets the workers end by themselves.
func (c *crew) dismiss() {
	c.t.Helper()
	for _, p := range c.alive {
		_ = p.in.Close()
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for _, p := range c.alive {
		for over := false; !over; {
			select {
			case err := <-p.over:
				if over = true; err != nil {
					c.t.Errorf("a worker ends with %v: %s", err, &p.log)
				}
			case <-c.heard: // or it could not say more
			case <-limit.C:
				c.t.Fatal("a worker does not end")
			}
		}
	}
}

// read returns the lines of a witness. One that is not complete is the last one of a killed process.
func (c *crew) read(file string) (lines []line) {
	c.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) { // it was killed before it had one
		c.t.Fatal(err)
	}
	for one := range strings.Lines(string(text)) {
		var l line
		if !strings.HasSuffix(one, "\n") {
			break
		}
		if err := json.Unmarshal([]byte(one), &l); err != nil {
			c.t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}
