package breakdowns_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// crew has the worker processes. It kills the one that says a word, or any of them after a number of words, and starts another in its place.
type crew struct {
	t       *testing.T
	rng     *rand.Rand
	order   order
	dir     string
	alive   []*member
	started int
	lines   chan said
	kills   int
	killsAt map[string]int
	heard   int    // words
	finds   int    // refreshes that have begun
	word    string // the next worker that says it for the n-th time is killed
	n       int
}

type member struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	stderr bytes.Buffer
	killed bool
}

// said is a word of a worker, or its end.
type said struct {
	by  *member
	txt string
	err error
	end bool
}

func newCrew(t *testing.T, o order, dir string, rng *rand.Rand) *crew {
	return &crew{t: t, rng: rng, order: o, dir: dir, lines: make(chan said), killsAt: map[string]int{}}
}

// setFuse says which word kills next.
func (c *crew) setFuse() {
	words := []string{saysFinds, saysExporting, saysExported, saysTelling, saysTold}
	c.word, c.n = words[c.rng.IntN(len(words))], 1+c.rng.IntN(4)
}

// hire starts a worker.
func (c *crew) hire() {
	o := c.order
	o.Said, o.Seed = filepath.Join(c.dir, fmt.Sprintf("said-%d", c.started)), c.rng.Uint64()
	c.started++
	text, err := json.Marshal(o)
	if err != nil {
		c.t.Fatal(err)
	}
	m := &member{cmd: exec.Command(os.Args[0])} //nolint:gosec,noctx // this test
	m.cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	m.cmd.Stderr = &m.stderr
	out, err := m.cmd.StdoutPipe()
	if err == nil {
		m.in, err = m.cmd.StdinPipe()
	}
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		c.t.Fatalf("start a worker: %v", err)
	}
	c.alive = append(c.alive, m)
	go func() {
		for scan := bufio.NewScanner(out); scan.Scan(); {
			c.lines <- said{by: m, txt: scan.Text()}
		}
		c.lines <- said{by: m, err: m.cmd.Wait(), end: true}
	}()
}

// hear takes a word. With kill it kills the worker whose turn it is.
func (c *crew) hear(s said, kill bool) {
	if s.end {
		c.alive = slices.DeleteFunc(c.alive, func(m *member) bool { return m == s.by })
		if !s.by.killed {
			c.t.Fatalf("a worker has ended: %v\n%s", s.err, &s.by.stderr)
		}
		c.hire()
		return
	}
	if c.heard++; s.txt == saysFinds {
		c.finds++
	}
	if !kill || s.txt != c.word || s.by.killed {
		return
	}
	if c.n--; c.n > 0 {
		return
	}
	c.kill(s.by, s.txt)
}

func (c *crew) kill(m *member, at string) {
	if err := m.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	m.killed = true
	c.kills++
	c.killsAt[at]++
	c.setFuse()
}

// work lets the workers watch until done, which is asked from time to time. It kills so many meanwhile, by what they
// say or after they have said something.
func (c *crew) work(kills int, done func() error) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	target, next := c.kills+kills, c.heard+20
	for {
		select {
		case s := <-c.lines:
			before := c.kills
			if c.hear(s, c.kills < target); c.kills > before {
				next = c.heard + 10 + c.rng.IntN(40)
			}
		case <-tick.C:
			if m := c.alive[c.rng.IntN(len(c.alive))]; c.kills < target && c.heard >= next && !m.killed {
				c.kill(m, "a while")
				next = c.heard + 10 + c.rng.IntN(40)
			}
			err := done()
			if err == nil && c.kills >= target {
				return
			}
			select {
			case <-limit.C:
				for _, m := range c.alive {
					c.t.Logf("a worker said:\n%s", &m.stderr)
				}
				c.t.Fatalf("after %v and %d kills: %v", patience, c.kills, err)
			default:
			}
		}
	}
}

// dismiss lets the workers end by themselves.
func (c *crew) dismiss() {
	for _, m := range c.alive {
		if !m.killed {
			_ = m.in.Close()
		}
	}
	for len(c.alive) > 0 {
		s := <-c.lines
		if !s.end {
			continue
		}
		c.alive = slices.DeleteFunc(c.alive, func(m *member) bool { return m == s.by })
		if s.err != nil && !s.by.killed {
			c.t.Errorf("a worker has ended: %v\n%s", s.err, &s.by.stderr)
		}
	}
}

// stop kills what is left.
func (c *crew) stop() {
	for _, m := range c.alive {
		_ = m.cmd.Process.Kill()
		m.killed = true
	}
	for len(c.alive) > 0 {
		if s := <-c.lines; s.end {
			c.alive = slices.DeleteFunc(c.alive, func(m *member) bool { return m == s.by })
		}
	}
}
