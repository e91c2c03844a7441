//go:build unix

package delivery_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// newestBytes bounds the queue of a spool that keeps the newest: it is full after a few rounds.
const newestBytes = 128 << 10

// TestNewestSurvives: a spool that makes room by dropping its oldest events drops nothing else, whenever it is
// killed: what is left on the disk has no hole, what Flush has acknowledged is there, and what was not counted
// as dropped is in the sink in the end. Each loss is counted by the process that makes it, or by the next.
func TestNewestSurvives(t *testing.T) {
	t.Parallel()
	kills := 60
	if sample() {
		kills = 12
	}
	began, random := time.Now(), seed(t)
	t.Logf("CAIRN_DELIVERY_SEED=%d", random)
	at, sink := startHTTP("own", "/lines", jsonLines)(t, rand.New(rand.NewPCG(random, 3)))
	h := &history{
		t: t, at: at, sink: sink, spool: filepath.Join(t.TempDir(), "spool"), killsAt: map[string]int{},
		rng: rand.New(rand.NewPCG(random, 1)), order: order{Bytes: newestBytes, Newest: true},
	}
	var looks []look
	for k := range kills {
		if k%4 == 3 {
			sink.back(t)
		} else {
			sink.away(t)
		}
		switch k % 3 {
		case 0:
			h.kill(k, time.Time{})
		case 1:
			lines, drops := 0, h.rng.IntN(4)
			h.killWhen(k, func(word string) bool {
				if lines++; word == saysDropped {
					drops--
				}
				return drops < 0 || lines > 500 // where nothing is dropped
			})
		default:
			h.killWhen(k, h.oldestGoes())
		}
		looks = append(looks, h.look())
	}
	sink.back(t)
	h.last()
	h.checkNewest(looks, sink.read(t))
	t.Logf("%d kills %v, %d events acknowledged, %d counted as dropped; %v; %v",
		kills, h.killsAt, h.acked, h.told, sink, time.Since(began).Round(100*time.Millisecond))
}

// look is what was there after a kill.
type look struct {
	low    int  // the first event that is still to be delivered: those before it never come again
	told   int  // events that were counted as dropped until then, or as dead letters that were not kept
	untold int  // events that the cursor leaves to the next process to count
	lost   int  // answers that the sink could not give until then
	half   bool // the process was killed when it had emptied a file and not removed it
}

func (h *history) segments() []string {
	found, err := filepath.Glob(filepath.Join(h.spool, "*.events1"))
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(found) // the oldest first
	return found
}

// oldestGoes returns the moment when the oldest of the queue's files is emptied, or has gone: the cursor has passed
// it, and it may go on to the next one. Where nothing is dropped, it comes soon.
func (h *history) oldestGoes() func(string) bool {
	return func(word string) bool {
		found := h.segments()
		if word != saysAcked || len(found) < 2 {
			return false
		}
		for end := time.Now().Add(shortly); time.Now().Before(end); {
			if info, err := os.Stat(found[0]); err != nil || info.Size() == 0 {
				break
			}
		}
		return true
	}
}

// look reads the queue that a killed process has left, which has no hole.
func (h *history) look() look {
	h.t.Helper()
	there := map[int]bool{}
	low, half := h.acked, false
	at, untold := h.cursor()
	found := h.segments()
	for i, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		half = half || len(text) == 0 && i < len(found)-1
		for line := range bytes.Lines(text) {
			record, n, ok := numbersIn(line)
			if !ok || record < at {
				continue // torn, and not acknowledged; or done, in a file that has not gone yet
			}
			there[n] = true
			low = min(low, n)
		}
	}
	for n := low; n < h.acked; n++ {
		if !there[n] {
			h.t.Fatalf("event %d was acknowledged, and is not on the disk, where there are those from %d on", n, low)
		}
	}
	return look{low, h.told + h.unkept, untold, h.sink.lostAnswers(), half}
}

// cursor returns the number of the first record that is not done, and how many events before it nothing has counted.
// A line of the cursor has a checksum and three numbers, hexadecimal, and is there twice: the later one counts.
func (h *history) cursor() (at uint64, untold int) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.spool, "cursor"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0 // it was killed before it made one
	}
	if err != nil {
		h.t.Fatal(err)
	}
	for _, from := range []int{0, 4096} {
		var sum uint32
		var first, next, told uint64
		if n, err := fmt.Sscanf(string(text[min(from, len(text)):]), "%x %x %x %x", &sum, &first, &next, &told); n == 4 && err == nil && first >= at {
			at, untold = first, int(first-told) //nolint:gosec // a few
		}
	}
	return at, untold
}

// numbersIn returns the number of a record, and that of the event in it.
func numbersIn(text []byte) (record uint64, n int, ok bool) {
	var sum uint32
	if _, err := fmt.Sscanf(string(bytes.TrimPrefix(text, []byte("\x1e"))), "%x %x ", &sum, &record); err != nil {
		return 0, 0, false
	}
	at := bytes.IndexByte(text, '{')
	if at < 0 {
		return 0, 0, false
	}
	e, err := event.ParseJSON(bytes.TrimSuffix(text[at:], []byte("\n")))
	if err != nil {
		return 0, 0, false
	}
	_, err = fmt.Sscanf(e.Touchpoint, "step %d", &n)
	return record, n, err == nil && e.ID == numbered(n).ID
}

// checkNewest compares what the sink has with what was acknowledged and not counted.
func (h *history) checkNewest(looks []look, got []event.Event) {
	h.t.Helper()
	there := make([]bool, h.acked+round)
	known := make(map[event.ID]int, len(there))
	for n := range there {
		known[numbered(n).ID] = n
	}
	for i := range got {
		n, ok := known[got[i].ID]
		if !ok {
			h.t.Fatalf("nobody has recorded %v", got[i].ID)
		}
		there[n] = true
	}
	for n := range h.deadLetters(&sinkKind{refuses: true}, known) {
		there[n] = true
	}
	// At no moment has more gone than the processes have counted until then, and the cursor leaves to the next one to
	// count: a process counts what it drops, says so here, and only then has the cursor pass it. What is gone is what
	// is before the cursor and not in the sink; a file that the cursor has passed may still be there after a kill.
	// What was counted may be more. Of each process that was killed: a file that it had counted and not passed, whose
	// events are delivered or counted again (a file has one round, if not less), the batch that it had in its hands,
	// which the next one counts and which may have arrived, and the round that was on the disk and was not
	// acknowledged: the next process records it again, and both copies may be dropped. And of each answer that the
	// sink could not give: the batch, which arrived and was dropped while it waited to be sent again.
	const perKill = round + inFlight + round
	halves, untold := 0, 0
	for k, l := range append(looks, look{low: h.acked, told: h.told + h.unkept, lost: h.sink.lostAnswers()}) {
		gone := 0
		for n := range l.low {
			if !there[n] {
				gone++
			}
		}
		most := (k+1)*perKill + l.lost*inFlight
		if more := gone - l.told - l.untold; more > 0 || -more > most {
			h.t.Errorf("until process %d ended %d events are gone, %d were counted and %d were left to the next one to count: want at most %d counted that are not gone, and none gone that is not counted",
				k, gone, l.told, l.untold, most)
		}
		if l.untold > 0 {
			untold++
		}
		if l.half {
			halves++
		}
	}
	h.t.Logf("%d kills left events to the next process to count; %d left a file emptied and not removed", untold, halves)
	if h.told == 0 {
		h.t.Error("nothing was dropped")
	}
}
