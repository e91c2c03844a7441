package track

import (
	"encoding/hex"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Logs that the first release wrote. The run began at 0 with 30 minutes of patience. It was in "payment", where two
// minutes are expected, from 1m, in "cart" from 5m and in "payment" again from 6m. Both visits to "payment" were
// said to be too long. Something last happened at 9m.
const (
	firstState = "a20140016e08636865636b6f7574013280c0e285e36806636172742d310468617368036e6577010003455552c41301000080e090" +
		"a8b71f0000010122000202077061796d656e7480c0f588fe0600046361727400000380e0ba84bf030080e0a596bb110180c0e09afa1400" +
		"070000000000000001000000000000000200000000000000030000000000000004000000000000000500000000000000060000000000000007"
	// Then "cart" is entered at 10m, and the run is abandoned at 40m.
	firstAbandoned = firstState + "a1000300000000000000080080c0cbacf622ffbfcbacf6220000046361727400000000" +
		"a90007000000000000000980e0e8b6988f018080aeb2d98b01ffffadb2d98b0100050080c0cbacf6220000"
	// Then "cart" is entered at 10m, and the run is completed at 11m.
	firstCompleted = firstState + "a1000300000000000000080080c0cbacf622ffbfcbacf6220000046361727400000000" +
		"a00006000000000000000980a086b1b52680a086b1b526ff9f86b1b5260006000000"
)

// TestFirstRelease: logs of the first release mean what they meant, and nothing that it told is told again.
func TestFirstRelease(t *testing.T) {
	t.Parallel()
	const minute = int64(time.Minute)
	for name, c := range map[string]struct {
		log     string
		pass    *op
		ended   int64
		outcome event.Outcome
	}{
		"live":      {firstState, nil, 0, 0},
		"abandoned": {firstAbandoned, nil, 40 * minute, event.Abandoned},
		"silent":    {firstState, &op{kind: opPass, id: 20, key: 20, at: 45 * minute}, 39 * minute, event.Abandoned},
		"completed": {firstCompleted, &op{kind: opPass, id: 20, key: 20, at: 11 * minute, last: 12 * minute}, 11 * minute, event.Completed},
	} {
		log, err := hex.DecodeString(c.log)
		if err != nil {
			t.Fatal(err)
		}
		if c.pass != nil {
			log = c.pass.append(log)
		}
		r, since, err := readLog(log)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.ended != c.ended || r.outcome != c.outcome || r.over != (c.outcome != 0) || r.undecided() {
			t.Errorf("%s: ended at %v as %q, over %v, want %v as %q", name, time.Duration(r.ended), r.outcome, r.over, time.Duration(c.ended), c.outcome)
		}
		s := r.state()
		if s.Journey.ID != "cart-1" || s.Customer.Hash != "hash" || s.Journey.Value.Amount != 1250 || s.Touchpoints != 1 || s.Responses != 1 {
			t.Errorf("%s: the state is %+v", name, s)
		}
		for _, e := range since {
			for _, f := range e.Done.effects() {
				if f.kind == event.JourneyStalled {
					t.Errorf("%s: the stall in %s/%d is told again", name, f.stage, f.visit)
				}
			}
		}
	}
}
