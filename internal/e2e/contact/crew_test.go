package contact_test

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
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/e2e/shared"
)

// crew gives the same batches to worker processes at the same time, kills and stops some of them, and starts others in place of the
// killed ones.
type crew struct {
	t       *testing.T
	cfg     *scenario
	store   shared.Place
	dir     string
	rng     *rand.Rand
	lines   chan said
	over    chan struct{} // closed when the test reads no more lines
	closing bool          // no worker is started any more
	all     []*member     // includes ended workers
	alive   []*member
	asks    int
	kills   int
	stops   int
	strikes map[string]int // by the last word of the worker
	fuse    *fuse
}

// member is one worker process.
type member struct {
	order  order
	cmd    *exec.Cmd
	in     io.WriteCloser
	ready  bool
	busy   bool // it has a batch
	killed bool
	frozen bool
	ended  bool
	stderr strings.Builder
}

// said is one line of a worker, or its end.
type said struct {
	by   *member
	text string
	err  error // of the ended process
	end  bool
	thaw bool // it has been stopped long enough
}

// fuse strikes the worker that next says the word for the n-th time.
type fuse struct {
	word string
	n    int
}

func newCrew(t *testing.T, cfg *scenario, store shared.Place, seed uint64) *crew {
	c := &crew{
		t: t, cfg: cfg, store: store, dir: t.TempDir(), rng: rand.New(rand.NewPCG(seed, 1)), lines: make(chan said),
		over: make(chan struct{}), strikes: map[string]int{},
	}
	for range cfg.workers {
		c.hire()
	}
	return c
}

// hire starts a worker.
func (c *crew) hire() {
	m := &member{order: order{Store: c.store, Witness: filepath.Join(c.dir, fmt.Sprint("witness-", len(c.all))), Seed: c.rng.Uint64()}}
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

// work gives all batches to the workers. Each batch begins when no worker that is awake has another one.
func (c *crew) work() {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	strikes := c.cfg.kills + c.cfg.stops
	for n := 0; c.asks < c.cfg.asks || c.kills+c.stops < strikes; n++ {
		if done := c.kills + c.stops; done < strikes && c.fuse == nil && c.asks*(strikes+1) >= c.cfg.asks*(done+1) {
			words := []string{saysAsking, saysGranted, saysUsing, saysSent, saysReleased}
			c.fuse = &fuse{words[c.rng.IntN(len(words))], 1 + c.rng.IntN(6)}
		}
		if c.cfg.during != nil {
			c.cfg.during(c.t, n)
		}
		people := c.rng.Perm(c.cfg.people)[:c.cfg.atOnce]
		c.hearUntil(limit.C, func(m *member) bool { return m.ready && !m.busy })
		for _, m := range c.awake() {
			c.give(m, &batch{n, people})
		}
	}
	c.fuse = nil
	for _, m := range c.alive {
		c.thaw(m)
	}
	c.hearUntil(limit.C, func(m *member) bool { return m.ready && !m.busy })
}

// hearUntil listens until each worker that is awake is so.
func (c *crew) hearUntil(limit <-chan time.Time, is func(*member) bool) {
	for len(c.awake()) == 0 || slices.ContainsFunc(c.awake(), func(m *member) bool { return !is(m) }) {
		select {
		case s := <-c.lines:
			c.hear(s)
		case <-limit:
			c.fail("the workers were not done within %v", patience)
		}
	}
}

// awake returns the workers that can go on.
func (c *crew) awake() (of []*member) {
	for _, m := range c.alive {
		if !m.frozen && !m.killed {
			of = append(of, m)
		}
	}
	return of
}

func (c *crew) give(m *member, b *batch) {
	text, err := json.Marshal(b)
	if err != nil {
		c.fail("%v", err)
	}
	m.busy = true
	_, _ = m.in.Write(append(text, '\n')) // a killed worker does not read it
}

// hear handles a line of a worker.
func (c *crew) hear(s said) {
	m := s.by
	if s.text == saysAsking {
		c.asks++
	}
	switch word, _, _ := strings.Cut(s.text, " "); {
	case s.end:
		c.gone(s)
	case s.thaw:
		c.thaw(m)
	case word == saysReady:
		m.ready = true
	case word == saysDone:
		m.busy = false
	case word == saysEnded:
		m.ended = true
	case c.fuse != nil && c.fuse.word == word && !m.killed && !m.frozen:
		if c.fuse.n--; c.fuse.n == 0 {
			c.fuse = nil
			c.strikes[word]++
			c.strike(m)
		}
	}
}

// strike kills the worker or stops it. One worker always goes on.
func (c *crew) strike(m *member) {
	if c.stops < c.cfg.stops && (c.kills >= c.cfg.kills || c.rng.IntN(2) == 0) {
		if len(c.awake()) > 1 {
			c.freeze(m)
		}
		return
	}
	c.kills++
	m.killed = true
	if err := m.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		c.fail("kill a worker: %v", err)
	}
}

// freeze stops a worker as a suspended machine stops: it does nothing, and its connections stay open. It goes on later, perhaps when
// its grants are over, and knows nothing of that.
func (c *crew) freeze(m *member) {
	c.stops++
	m.frozen = true
	if err := m.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.fail("stop a worker: %v", err)
	}
	time.AfterFunc(time.Duration(c.rng.Int64N(int64(2*window))), func() {
		select {
		case c.lines <- said{by: m, thaw: true}:
		case <-c.over:
		}
	})
}

// thaw lets a stopped worker go on.
func (c *crew) thaw(m *member) {
	if !m.frozen || m.killed || m.ended {
		return
	}
	m.frozen = false
	if err := m.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.fail("let a worker go on: %v", err)
	}
}

// gone handles the end of a worker.
func (c *crew) gone(s said) {
	c.alive = slices.DeleteFunc(c.alive, func(o *member) bool { return o == s.by })
	if s.by.killed {
		if !c.closing {
			c.hire()
		}
	} else if s.err != nil || !s.by.ended {
		c.fail("a worker that was not killed ended: %v\n%s", s.err, s.by.stderr.String())
	}
}

// dismiss shuts the workers down and returns when they have ended.
func (c *crew) dismiss() {
	c.closing = true
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

// stop kills the remaining workers. It may be called again.
func (c *crew) stop() {
	select {
	case <-c.over:
	default:
		close(c.over)
	}
	for _, m := range c.alive {
		_ = m.cmd.Process.Kill()
	}
	for len(c.alive) > 0 {
		if s := <-c.lines; s.end {
			c.alive = slices.DeleteFunc(c.alive, func(o *member) bool { return o == s.by })
		}
	}
}
