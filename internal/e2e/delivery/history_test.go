//go:build unix

package delivery_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// history is a sequence of children on one spool and one sink.
type history struct {
	t       *testing.T
	at      sinkAt
	sink    sink
	spool   string
	order   order // the order of every child, except its events
	rng     *rand.Rand
	away    bool
	acked   int // the number after the last acknowledged event
	kills   int
	killsAt map[string]int // by the last word of the killed child
	again   int            // events that the sink has twice

	told                int // events that all spools have counted as dropped
	unkept              int // dead letters for which the spools had no room
	noSpace             int // Flushes that failed because the disk was full
	mostBytes, mostLive int
	mostDisk            int64
}

// The fraction of the kills between which the sink is away.
const awayFrom, awayUntil = 0.3, 0.5

// run kills children in this number and takes the sink away meanwhile, for at least the given time. A last child
// delivers the remaining events.
func (h *history) run(kills int, outage time.Duration) {
	h.t.Helper()
	from, until := int(float64(kills)*awayFrom), int(float64(kills)*awayUntil)
	var end time.Time
	for k := range kills {
		switch k {
		case from:
			h.sink.away(h.t)
			h.away = true
			end = time.Now().Add(outage)
		case until:
			h.sink.back(h.t)
			h.away = false
		}
		if k == until-1 {
			h.kill(k, end)
		} else {
			h.kill(k, time.Time{})
		}
	}
	h.last()
}

// kill lets a child work until it has written a random number of lines, for at least the given time, and kills it
// as kill -9 does.
func (h *history) kill(k int, until time.Time) {
	h.t.Helper()
	n := h.rng.IntN(60)
	h.killWhen(k, func(string) bool {
		n--
		h.maybeDisturb()
		return n < 0 && !time.Now().Before(until)
	})
}

// maybeDisturb sometimes disturbs the sink while it is available.
func (h *history) maybeDisturb() {
	h.t.Helper()
	if h.rng.IntN(40) == 0 && !h.away {
		h.sink.disturb(h.t)
	}
}

// killWhen kills a child when the given function accepts the child's last word, which is empty at first.
func (h *history) killWhen(k int, now func(word string) bool) {
	h.t.Helper()
	c := h.start(false)
	defer c.stop()
	word := "nothing"
	for !now(word) {
		line, ok := c.next()
		if !ok {
			h.t.Fatalf("child %d ended by itself after the word %q: %v\n%s", k, word, c.cmd.Wait(), c.cmd.Stderr)
		}
		word = h.hear(line)
	}
	if err := c.cmd.Process.Kill(); err != nil {
		h.t.Fatalf("kill child %d: %v", k, err)
	}
	h.kills++
	h.killsAt[word]++
	for {
		line, ok := c.next() // the lines from before the kill
		if !ok {
			break
		}
		h.hear(line)
	}
	var exit *exec.ExitError
	if err := c.cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		h.t.Fatalf("child %d was killed and ended with %v\n%s", k, err, c.cmd.Stderr)
	}
	h.weigh()
}

// last runs a child that delivers the remaining events.
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
		h.maybeDisturb()
	}
	if err := c.cmd.Wait(); err != nil || word != saysDrained {
		h.t.Fatalf("the last child ended with %v after the word %q\n%s", err, word, c.cmd.Stderr)
	}
	h.weigh()
}

// hear notes a child's line and returns its word. The lines of a killed child are complete, because each is one
// write, shorter than a pipe's buffer.
func (h *history) hear(line string) string {
	h.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case saysAcked, saysDrained:
	case saysNoSpace:
		h.noSpace++
		return word
	case saysDropped, saysUnkept:
		n, err := strconv.Atoi(rest)
		if err != nil {
			h.t.Fatalf("a child wrote %q", line)
		}
		if word == saysUnkept {
			h.unkept += n
		} else {
			h.told += n
		}
		return word
	default:
		return word
	}
	var n, used, live int
	if _, err := fmt.Sscan(rest, &n, &used, &live); err != nil || n < h.acked {
		h.t.Fatalf("a child wrote %q after the acknowledgement of %d: %v", line, h.acked, err)
	}
	h.acked, h.mostBytes, h.mostLive = n, max(h.mostBytes, used), max(h.mostLive, live)
	if int64(used) > h.order.Bytes {
		h.t.Errorf("the spool reports %d bytes, its bound is %d", used, h.order.Bytes)
	}
	return word
}

// weigh measures the space that the spool's folder uses on the disk.
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
		return // the child was killed before it made the folder
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.mostDisk = max(h.mostDisk, all)
	const little = 12 << 10 // the cursor with a page and a line, a new cursor under construction, and the lock
	if bound := h.order.Bytes; queue > bound+little || all > 2*bound+bound/16+little {
		h.t.Errorf("the spool's queue uses %d bytes of the disk and its folder %d, its bound is %d", queue, all, bound)
	}
}

// child is a process.
type child struct {
	cmd   *exec.Cmd // its Stderr is a buffer
	out   *bufio.Scanner
	limit *time.Timer
}

func (h *history) start(last bool) *child {
	h.t.Helper()
	o := h.order
	o.Sink, o.Spool, o.From, o.Seed, o.Last = h.at, h.spool, h.acked, h.rng.Uint64(), last
	text, err := json.Marshal(o)
	if err != nil {
		h.t.Fatal(err)
	}
	c := &child{cmd: exec.CommandContext(h.t.Context(), os.Args[0])}
	c.cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	c.cmd.Stderr = &bytes.Buffer{}
	c.begin(h.t)
	return c
}

// begin starts the process.
func (c *child) begin(t *testing.T) {
	t.Helper()
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatalf("start a child: %v", err)
	}
	c.out = bufio.NewScanner(out)
	c.limit = time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() }) // ends a child that hangs
}

// next returns the child's next line, or false if the child has ended.
func (c *child) next() (string, bool) {
	ok := c.out.Scan()
	return c.out.Text(), ok
}

// stop ends a child that still runs after the test has failed.
func (c *child) stop() {
	c.limit.Stop()
	_ = c.cmd.Process.Kill()
}
