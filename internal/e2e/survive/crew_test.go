package survive_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/e2e/shared"
)

// crew gives work to worker processes, kills some of them, and starts others in their place.
type crew struct {
	t       *testing.T
	cfg     *scenario
	store   shared.Place
	dir     string
	rng     *rand.Rand
	plans   []plan
	given   []time.Time // when each run was first given to a worker
	done    []time.Time // when each run's last step was acknowledged
	waiting []batch
	next    int // the number of the next batch
	open    int // steps without an acknowledgement
	lines   chan said
	all     []*member // includes ended workers
	alive   []*member
	kills   int
	killsAt map[string]int // by the last word of the killed worker
	stops   int
	stopsAt map[string]int
	over    chan struct{} // closed when the test reads no more lines
	closing bool          // no worker is started any more
	fuse    fuse
}

// member is one worker process.
type member struct {
	order  order
	cmd    *exec.Cmd
	in     io.WriteCloser
	job    *batch // the batch without an acknowledgement
	killed bool
	ended  bool  // the worker has reported its end
	safe   lines // those that a Flush has acknowledged
	frozen bool  // it is stopped
	stale  bool  // another worker has got its batch
	thawed int   // its Flushes since it went on, or since another was stopped
	doubt  []span
	stderr strings.Builder
}

// lines are numbers of lines in a worker's files.
type lines struct{ events, hooks int }

// said is one line of a worker, or its end.
type said struct {
	by   *member
	text string
	err  error // the error of the ended process
	end  bool
	thaw bool // it has been stopped long enough
}

// fuse kills the worker that next says the word for the n-th time.
type fuse struct {
	word string
	n    int
}

func newCrew(t *testing.T, cfg *scenario, store shared.Place, seed uint64) *crew {
	c := &crew{
		t: t, cfg: cfg, store: store, dir: t.TempDir(), rng: rand.New(rand.NewPCG(seed, 1)),
		plans: plansOf(cfg.promises), lines: make(chan said), killsAt: map[string]int{}, stopsAt: map[string]int{}, over: make(chan struct{}),
		given: make([]time.Time, cfg.runs), done: make([]time.Time, cfg.runs),
	}
	first := make([]item, cfg.runs)
	for n := range first {
		first[n] = item{Run: n}
	}
	c.rng.Shuffle(len(first), func(i, k int) { first[i], first[k] = first[k], first[i] })
	c.put(first)
	c.setFuse()
	return c
}

// put adds work, some of it in front of the queue.
func (c *crew) put(items []item) {
	c.open += len(items)
	for part := range slices.Chunk(items, c.cfg.batch) {
		at := len(c.waiting)
		if at > 0 {
			at = c.rng.IntN(at)
		}
		c.waiting = slices.Insert(c.waiting, at, batch{Number: c.next, Items: part})
		c.next++
	}
}

// setFuse decides when to kill the next worker.
func (c *crew) setFuse() {
	words := []string{saysBegun, saysRecorded, saysExporting, saysExported}
	steps := 0
	for n := range c.cfg.runs {
		steps += len(c.plans[n%len(c.plans)].steps)
	}
	mean := max(1, steps/c.cfg.batch*3/4/(c.cfg.kills+c.cfg.stops))
	c.fuse = fuse{words[c.rng.IntN(len(words))], 1 + c.rng.IntN(2*mean)}
	if c.open == 0 { // the workers now only sweep
		c.fuse = fuse{words[2+c.rng.IntN(2)], 1 + c.rng.IntN(3)}
	}
}

// hire starts a worker.
func (c *crew) hire() {
	n := len(c.all)
	m := &member{order: order{
		Namespace: c.cfg.name, Store: c.store,
		Events: filepath.Join(c.dir, fmt.Sprintf("events-%d", n)), Hooks: filepath.Join(c.dir, fmt.Sprintf("hooks-%d", n)),
		Counts: filepath.Join(c.dir, fmt.Sprintf("counts-%d", n)),
		Clock:  c.cfg.clocks[n%len(c.cfg.clocks)], ByClock: c.cfg.byClock, Promises: c.cfg.promises,
	}}
	text, err := json.Marshal(m.order)
	if err != nil {
		c.t.Fatal(err)
	}
	m.cmd = exec.Command(os.Args[0])
	m.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	m.cmd.Stderr = &m.stderr
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		c.t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		c.t.Fatalf("start a worker: %v", err)
	}
	c.all, c.alive = append(c.all, m), append(c.alive, m)
	go func() {
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			c.lines <- said{by: m, text: scan.Text()}
		}
		c.lines <- said{by: m, err: m.cmd.Wait(), end: true}
	}()
}

// work lets the workers do all work, and kills some of them meanwhile. It returns when every step is acknowledged.
func (c *crew) work() {
	for range c.cfg.workers {
		c.hire()
	}
	limit := time.NewTimer(c.cfg.limit)
	defer limit.Stop()
	for c.open > 0 {
		select {
		case s := <-c.lines:
			c.hear(s)
		case <-limit.C:
			c.fail("the work is not done within %v: %d steps are open", c.cfg.limit, c.open)
		}
	}
	c.setFuse()
}

// watch keeps the workers running until look reports that every event was emitted.
func (c *crew) watch(look func() error) {
	limit := time.NewTimer(c.cfg.limit)
	defer limit.Stop()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case s := <-c.lines:
			c.hear(s)
		case <-tick.C:
			err := look()
			if err == nil {
				return
			}
			select {
			case <-limit.C:
				c.fail("%v after the last acknowledgement: %v", c.cfg.limit, err)
			default:
			}
		}
	}
}

// dismiss shuts the workers down and returns when they have ended.
func (c *crew) dismiss() {
	c.closing = true
	c.fuse = fuse{}
	c.thawAll()
	for _, m := range c.alive {
		_ = m.in.Close()
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for len(c.alive) > 0 {
		select {
		case s := <-c.lines:
			c.hear(s)
		case <-limit.C:
			c.fail("%d workers did not shut down within %v", len(c.alive), patience)
		}
	}
}

// fail ends the test and the processes that it has started.
func (c *crew) fail(format string, args ...any) {
	c.t.Helper()
	c.stop()
	c.t.Fatalf(format, args...)
}

// stop kills the remaining workers.
func (c *crew) stop() {
	c.closeOver()
	for _, m := range c.alive {
		_ = m.cmd.Process.Kill()
	}
	for len(c.alive) > 0 {
		if s := <-c.lines; s.end {
			c.alive = slices.DeleteFunc(c.alive, func(o *member) bool { return o == s.by })
		}
	}
}

// hear handles a line of a worker.
func (c *crew) hear(s said) {
	if s.end {
		c.gone(s)
		return
	}
	if s.thaw {
		c.thaw(s.by)
		return
	}
	word, rest, _ := strings.Cut(s.text, " ")
	var number, events, hooks int
	if word == saysDone || word == saysEnded {
		if _, err := fmt.Sscan(rest, &number, &events, &hooks); err != nil {
			c.fail("a worker wrote %q: %v", s.text, err)
		}
		s.by.safe = lines{events, hooks}
		s.by.trust()
	}
	switch word {
	case saysDone:
		c.acknowledge(s.by)
		c.give(s.by)
	case saysReady:
		c.give(s.by)
	case saysEnded:
		s.by.ended = true
	}
	if word == c.fuse.word && !s.by.killed && !s.by.frozen {
		if c.fuse.n--; c.fuse.n <= 0 {
			c.strike(s.by, word)
		}
	}
}

// kill ends a worker as kill -9 does.
func (c *crew) kill(m *member, when string) {
	if c.kills >= c.cfg.kills+c.cfg.lateKills || c.open > 0 && c.kills >= c.cfg.kills {
		c.fuse = fuse{}
		return
	}
	c.kills++
	c.killsAt[when]++
	m.killed = true
	if err := m.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		c.fail("kill a worker: %v", err)
	}
	c.setFuse()
}

// acknowledge notes that the worker's batch will survive it, and queues the following steps.
func (c *crew) acknowledge(m *member) {
	if m.stale {
		m.job, m.stale = nil, false
		return
	}
	now := time.Now()
	var next []item
	for _, i := range m.job.Items {
		c.open--
		i.Step++
		if i.Step < len(c.plans[i.Run%len(c.plans)].steps) {
			next = append(next, i)
		} else {
			c.done[i.Run] = now
		}
	}
	m.job = nil
	c.put(next)
	if len(next) > 0 {
		for _, idle := range c.alive {
			c.give(idle)
		}
	}
}

// give gives the worker the next batch, unless it has one.
func (c *crew) give(m *member) {
	if m.job != nil || m.killed || m.frozen || len(c.waiting) == 0 {
		return
	}
	b := c.waiting[0]
	c.waiting = c.waiting[1:]
	now := time.Now()
	for k := range b.Items {
		if i := &b.Items[k]; i.Given.IsZero() {
			i.Given = now
			c.given[i.Run] = now
		}
	}
	text, err := json.Marshal(b)
	if err != nil {
		c.fail("%v", err)
	}
	m.job = &b
	_, _ = m.in.Write(append(text, '\n')) // another worker gets the batch if this one has gone
}

// gone handles the end of a worker. Another worker repeats its unacknowledged batch.
func (c *crew) gone(s said) {
	m := s.by
	c.alive = slices.DeleteFunc(c.alive, func(o *member) bool { return o == m })
	if !m.killed {
		if s.err != nil || !m.ended {
			c.fail("a worker that was not killed ended: %v\n%s", s.err, m.stderr.String())
		}
		return
	}
	var exit *exec.ExitError
	if !errors.As(s.err, &exit) {
		c.fail("a killed worker ended with %v", s.err)
	}
	if m.job != nil && !m.stale {
		c.open -= len(m.job.Items)
		c.put(m.job.Items)
	}
	if c.closing {
		return
	}
	c.hire()
	for _, idle := range c.alive {
		c.give(idle)
	}
}
