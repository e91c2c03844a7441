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

// newestBytes bounds the queue of a spool that keeps the newest events. The queue is full after a few rounds.
const newestBytes = 128 << 10

// TestNewestSurvives: a spool that drops its oldest events to make room drops no others, at whatever moment a
// process is killed. The events on the disk have no gap, acknowledged events are there, and each event that was
// not counted as dropped arrives in the sink. The process that causes a loss counts it, or else the next process
// does.
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
				return drops < 0 || lines > 500 // where the spool drops nothing
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

// look is the state after a kill.
type look struct {
	low    int  // the first event that is still to be delivered; earlier ones are never delivered again
	told   int  // events counted until then as dropped, or as dead letters that were not kept
	untold int  // events that the cursor leaves to the next process to count
	lost   int  // responses that the sink could not send until then
	half   bool // the process was killed after it had emptied a file and before it removed it
}

func (h *history) segments() []string {
	found, err := filepath.Glob(filepath.Join(h.spool, "*.events1"))
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(found) // oldest first
	return found
}

// oldestGoes returns a function that reports the moment when the oldest file of the queue is emptied or gone. The
// cursor has passed that file, and the spool may go on to the next. Where the spool drops nothing, the moment
// comes soon.
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

// look reads the queue that a killed process has left. The queue has no gap.
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
				continue // a torn record without an acknowledgement, or a done one in a file that still exists
			}
			there[n] = true
			low = min(low, n)
		}
	}
	for n := low; n < h.acked; n++ {
		if !there[n] {
			h.t.Fatalf("event %d was acknowledged and is not on the disk, which has the events from %d on", n, low)
		}
	}
	return look{low, h.told + h.unkept, untold, h.sink.lostAnswers(), half}
}

// cursor returns the number of the first record that is not done, and the number of dropped events before it that
// are not counted yet. A line of the cursor has a checksum and three hexadecimal numbers. The file has it twice,
// and the later one is valid.
func (h *history) cursor() (at uint64, untold int) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.spool, "cursor"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0 // the process was killed before it made the cursor
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

// numbersIn returns the number of a record and that of its event.
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

// checkNewest compares the events in the sink with those that were acknowledged and not counted as dropped.
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
			h.t.Fatalf("no process has recorded %v", got[i].ID)
		}
		there[n] = true
	}
	for n := range h.deadLetters(&sinkKind{refuses: true}, known) {
		there[n] = true
	}
	// At no moment are more events gone than the processes have counted so far plus those that the cursor leaves
	// to the next process. A process counts the events that it drops, reports them here, and only then lets the
	// cursor pass them. An event is gone if it lies before the cursor and is not in the sink. A file that the
	// cursor has passed may still exist after a kill.
	//
	// The processes may count more events than are gone. Each killed process may have counted a file and not
	// passed it, whose events the next process delivers or counts again (a file has at most one round). It may
	// have held a batch, which the next process counts although it may have arrived. And it may have left a round
	// on the disk without an acknowledgement, which the next process records again, so that both copies may be
	// dropped. Each response that the sink could not send adds a batch that arrived and was dropped while it
	// waited for a retry.
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
			h.t.Errorf("when process %d ended, %d events were gone, %d were counted and %d were left for the next process to count: want at most %d counted events that are not gone, and no gone event that is not counted",
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
		h.t.Error("the spool dropped nothing")
	}
}
