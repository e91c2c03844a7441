//go:build unix

package delivery_test

import (
	"bytes"
	"fmt"
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
// as dropped is in the sink in the end.
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
	low  int  // the first event of the queue on disk
	told int  // events that were counted as dropped until then
	half bool // the process was killed when it had emptied a file and not removed it
}

func (h *history) segments() []string {
	found, err := filepath.Glob(filepath.Join(h.spool, "*.events1"))
	if err != nil {
		h.t.Fatal(err)
	}
	slices.Sort(found) // the oldest first
	return found
}

// oldestGoes returns the moment when the oldest of the queue's files is emptied, or has gone, which is before the
// spool counts what was in it. Where nothing is dropped, it comes soon.
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
	found := h.segments()
	for i, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			h.t.Fatal(err)
		}
		half = half || len(text) == 0 && i < len(found)-1
		for line := range bytes.Lines(text) {
			n, ok := numberIn(line)
			if !ok {
				continue // torn, and not acknowledged
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
	return look{low, h.told, half}
}

// numberIn returns the number of the event in a record.
func numberIn(record []byte) (n int, ok bool) {
	at := bytes.IndexByte(record, '{')
	if at < 0 {
		return 0, false
	}
	e, err := event.ParseJSON(bytes.TrimSuffix(record[at:], []byte("\n")))
	if err != nil {
		return 0, false
	}
	_, err = fmt.Sscanf(e.Touchpoint, "step %d", &n)
	return n, err == nil && e.ID == numbered(n).ID
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
	// A process that is killed has not counted the batch that it had in its hands, the file that it was about to
	// remove, and what it has dropped of a round that nobody acknowledged; it has counted what is recorded again,
	// or was on its way and arrived. One that ends by itself has counted everything.
	const killed = inFlight + round
	before, halves := 0, 0
	for k, l := range append(looks, look{low: h.acked, told: h.told}) {
		gone := 0
		for n := range l.low {
			if !there[n] {
				gone++
			}
		}
		most := killed
		if k == len(looks) {
			most = 0
		}
		if untold := gone - l.told - before; untold > most || untold < -killed {
			h.t.Errorf("process %d: %d events more are gone than were counted, want %d to %d", k, untold, -killed, most)
		}
		before = gone - l.told
		if l.half {
			halves++
		}
	}
	h.t.Logf("%d of %d events that are gone were not counted, for their process was killed; %d kills left a file emptied and not removed",
		before, before+h.told, halves)
	if h.told == 0 {
		h.t.Error("nothing was dropped")
	}
}
