//go:build unix

package delivery_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// history is one child after the other on one spool and one sink.
type history struct {
	t       *testing.T
	at      sinkAt
	sink    sink
	spool   string
	rng     *rand.Rand
	acked   int // the number after the last that Flush has acknowledged
	kills   int
	killsAt map[string]int // by what the killed one had said last
	again   int            // events that the sink has again

	dropped             int // events that a spool has dropped
	mostBytes, mostLive int
	mostDisk            int64
}

// The part of the kills between which the sink is away.
const awayFrom, awayUntil = 0.3, 0.5

// run kills so many children, takes the sink away meanwhile, for so long at least, and lets a last child
// deliver what is left.
func (h *history) run(kills int, outage time.Duration) {
	h.t.Helper()
	from, until := int(float64(kills)*awayFrom), int(float64(kills)*awayUntil)
	var end time.Time
	for k := range kills {
		switch k {
		case from:
			h.sink.away(h.t)
			end = time.Now().Add(outage)
		case until:
			h.sink.back(h.t)
		}
		if k == until-1 {
			h.kill(k, end)
		} else {
			h.kill(k, time.Time{})
		}
	}
	h.last()
}

// kill has a child work until it has said a random number of lines, at least until the given time, and
// kills it as kill -9 does.
func (h *history) kill(k int, until time.Time) {
	h.t.Helper()
	c := h.start(false)
	defer c.stop()
	word := "nothing"
	for n := h.rng.IntN(60); n > 0 || time.Now().Before(until); n-- {
		line, ok := c.next()
		if !ok {
			h.t.Fatalf("child %d ended by itself after it said %q: %v\n%s", k, word, c.cmd.Wait(), c.stderr.String())
		}
		word = h.hear(line)
	}
	if err := c.cmd.Process.Kill(); err != nil {
		h.t.Fatalf("kill child %d: %v", k, err)
	}
	h.kills++
	h.killsAt[word]++
	for {
		line, ok := c.next() // what it had said before
		if !ok {
			break
		}
		h.hear(line)
	}
	var exit *exec.ExitError
	if err := c.cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		h.t.Fatalf("child %d was killed, and ended with %v\n%s", k, err, c.stderr.String())
	}
	h.weigh()
}

// last has a child deliver what is left.
func (h *history) last() {
	h.t.Helper()
	c := h.start(true)
	defer c.stop()
	word := ""
	for {
		line, ok := c.next()
		if !ok {
			break
		}
		word = h.hear(line)
	}
	if err := c.cmd.Wait(); err != nil || word != saysDrained {
		h.t.Fatalf("the last child ended with %v, after it said %q\n%s", err, word, c.stderr.String())
	}
	h.weigh()
}

// hear notes what a child has said, and returns the word. What a killed one has said is whole lines: each is one
// write, shorter than a pipe's buffer.
func (h *history) hear(line string) string {
	h.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	if word != saysAcked && word != saysDrained {
		return word
	}
	var n, used, live, dropped int
	if _, err := fmt.Sscan(rest, &n, &used, &live, &dropped); err != nil || n < h.acked {
		h.t.Fatalf("a child said %q after %d was acknowledged: %v", line, h.acked, err)
	}
	h.acked, h.mostBytes, h.mostLive = n, max(h.mostBytes, used), max(h.mostLive, live)
	if used > spoolBytes {
		h.t.Errorf("the spool says that it takes %d bytes, its bound is %d", used, spoolBytes)
	}
	h.dropped = max(h.dropped, dropped)
	return word
}

// weigh looks at what the spool's folder takes of the disk.
func (h *history) weigh() {
	h.t.Helper()
	var all, queue int64
	err := filepath.WalkDir(h.spool, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		all += info.Size()
		if !strings.HasSuffix(d.Name(), ".jsonl") {
			queue += info.Size()
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return // it was killed before it made one
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.mostDisk = max(h.mostDisk, all)
	const little = 4 << 10 // cursor and lock
	if queue > spoolBytes+little || all > 2*spoolBytes+spoolBytes/16+little {
		h.t.Errorf("the spool's queue takes %d bytes of the disk and all of it %d, its bound is %d", queue, all, spoolBytes)
	}
}

// child is a process.
type child struct {
	cmd    *exec.Cmd
	out    *bufio.Scanner
	stderr strings.Builder
	limit  *time.Timer
}

func (h *history) start(last bool) *child {
	h.t.Helper()
	text, err := json.Marshal(order{Sink: h.at, Spool: h.spool, From: h.acked, Seed: h.rng.Uint64(), Last: last})
	if err != nil {
		h.t.Fatal(err)
	}
	c := &child{cmd: exec.CommandContext(h.t.Context(), os.Args[0])}
	c.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	c.cmd.Stderr = &c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		h.t.Fatalf("start a child: %v", err)
	}
	c.out = bufio.NewScanner(out)
	c.limit = time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() }) // one that hangs
	return c
}

// next returns the next line that the child says, or false when it has ended.
func (c *child) next() (string, bool) {
	ok := c.out.Scan()
	return c.out.Text(), ok
}

// stop ends a child that is still there when the test has failed.
func (c *child) stop() {
	c.limit.Stop()
	_ = c.cmd.Process.Kill()
}
