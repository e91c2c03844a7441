package exporters_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

const (
	crashEnv = "CAIRN_SPOOL_CRASH"
	journeys = 3
)

// TestSpoolCrashChild is the process that is killed: it exports numbered events for ever, tells after each
// Flush what was acknowledged, and writes what is delivered into a file.
func TestSpoolCrashChild(t *testing.T) {
	dir := os.Getenv(crashEnv)
	if dir == "" {
		return // it is the child of TestSpoolKilled, and no test of its own
	}
	n, err := strconv.Atoi(os.Getenv(crashEnv + "_FROM"))
	must(t, err)
	out, err := os.OpenFile(filepath.Join(dir, "delivered"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	deliver := exportFunc(func(_ context.Context, es []event.Event) error {
		var b []byte
		for i := range es {
			b = append(append(b, es[i].Touchpoint...), '\n')
		}
		_, err := out.Write(b)
		return err
	})
	s, err := exporters.NewSpool(filepath.Join(dir, "spool"), deliver, exporters.WithMaxBytes(4<<20), exporters.WithBatchSize(13))
	must(t, err)
	for {
		es := spooled(n, n+1+n%29, n%300)
		for i := range es {
			es[i].Journey = event.Run{Name: "j", ID: fmt.Sprint((n + i) % journeys)}
		}
		if s.Export(context.Background(), es) == nil && s.Flush(context.Background()) == nil {
			n += len(es)
			fmt.Println(n)
		}
	}
}

// TestSpoolKilled: "what Flush acknowledged survives kill -9": the child is killed again and again, after
// a random number of acknowledgements. In the end everything acknowledged is delivered, in order for each
// journey, and twice only what was under way.
func TestSpoolKilled(t *testing.T) {
	t.Parallel()
	const kills = 60
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(26, 11))
	acked := 0
	for range kills {
		acked = killed(t, dir, acked, rng.IntN(40))
	}
	var rest fake
	s := newSpool(t, filepath.Join(dir, "spool"), &rest)
	must(t, s.Drain(context.Background()))
	f, err := os.Open(filepath.Join(dir, "delivered"))
	must(t, err)
	defer f.Close()
	var got []int
	for in := bufio.NewScanner(f); in.Scan(); {
		n, err := strconv.Atoi(in.Text())
		must(t, err)
		got = append(got, n)
	}
	for _, name := range rest.got() {
		n, err := strconv.Atoi(name)
		must(t, err)
		got = append(got, n)
	}
	twice := 0
	next := 0
	for i, n := range got {
		switch {
		case n == next:
			next++
		case n < next:
			twice++
			if n < next-13-29-1 {
				t.Fatalf("%d is delivered again after %d, at %d", n, next-1, i)
			}
		default:
			t.Fatalf("%d comes after %d: lost, or out of order", n, next-1)
		}
	}
	if next < acked {
		t.Errorf("%d were acknowledged, %d delivered", acked, next)
	}
	if st := s.Stats(); st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
	t.Logf("%d kills, %d acknowledged, %d delivered, %d of them twice", kills, acked, len(got), twice)
	if slices.Max(got) < 100 {
		t.Errorf("the children got no further than %d", slices.Max(got))
	}
}

// killed runs a child that goes on with number from, kills it after so many acknowledgements, and returns
// the number after the last acknowledged one.
func killed(t *testing.T, dir string, from, after int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSpoolCrashChild$", "-test.v=false")
	cmd.Env = append(os.Environ(), crashEnv+"="+dir, crashEnv+"_FROM="+strconv.Itoa(from))
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	in := bufio.NewScanner(out)
	for range after + 1 {
		if !in.Scan() {
			t.Fatalf("the child ended: %v", in.Err())
		}
		from = number(t, in.Text(), from)
	}
	must(t, cmd.Process.Kill())
	for in.Scan() {
		from = number(t, in.Text(), from)
	}
	_ = cmd.Wait() // it was killed
	return from
}

// number reads an acknowledgement; the last line may be torn.
func number(t *testing.T, line string, last int) int {
	t.Helper()
	n, err := strconv.Atoi(line)
	if err != nil || n < last {
		return last
	}
	return n
}
