package journey_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestPromiseFaults: each fault of a promise is named, with the promise and the remedy.
func TestPromiseFaults(t *testing.T) {
	t.Parallel()
	office := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	never := calendar.Define("never", calendar.Zone("UTC"))
	many := make([]journey.Option, 0, journey.MaxPromises+1)
	for n := range journey.MaxPromises + 1 {
		many = append(many, journey.Promise(fmt.Sprint("p", n), time.Hour))
	}
	one := func(within time.Duration, opts ...journey.PromiseOption) []journey.Option {
		return []journey.Option{journey.Promise("answered", within, opts...)}
	}
	for _, c := range []struct {
		name string
		opts []journey.Option
		says string // "" for no fault
	}{
		{"all that is possible", one(time.Hour, journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting"), journey.Hours(office), journey.Target(1)), ""},
		{"business days", one(0, journey.BusinessDays(15), journey.Hours(office)), ""},
		{"between touchpoints", one(time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("reply")), ""},
		{"as many as a run can have", many[:journey.MaxPromises], ""},
		{"one more", many, "it has 17 promises, and a run can have 16: remove some"},
		{"twice", append(one(time.Hour), one(2*time.Hour)...), `the promise "answered" occurs twice: remove one`},
		{"no name", []journey.Option{journey.Promise("", time.Hour)}, `promise 1 has no name: give it one, such as "answered"`},
		{"no name and no time", []journey.Option{journey.Promise("", 0)}, `the promise "number 1" is within 0s`},
		{"a reserved name", []journey.Option{journey.Promise("_x", time.Hour)}, `promise 1, "_x": a name is 1 to 64 bytes of printable UTF-8 that do not begin with _`},
		{"by hand", append(one(time.Hour), journey.ByHand("call back"), journey.ByHand("visit")), ""},
		{"by hand, too", append(one(time.Hour), journey.ByHand("answered")), `the promise "answered" occurs twice: remove one`},
		{"by hand without a name", []journey.Option{journey.ByHand("")}, `promise 1 has no name`},
		{"one more by hand", append(many[:journey.MaxPromises:journey.MaxPromises], journey.ByHand("call back")), "it has 17 promises, and a run can have 16: remove some"},
		{"pauses in every stage", one(time.Hour, journey.Pauses("received", "waiting", "replied")), `the promise "answered" pauses in every stage, so that its time never ends`},
		{"a stage that is nearly right", one(time.Hour, journey.Since("recieved")), `did you mean "received"?`},
		{"no time", one(0), `the promise "answered" is within 0s: it has to be more than 0`},
		{"too much time", one(event.MaxDuration + 1), `it has to be more than 0, and `},
		{"negative days", one(time.Hour, journey.BusinessDays(-1), journey.Hours(office)), "is within -1 business days: 1 to 2500 are possible"},
		{"too many days", one(0, journey.BusinessDays(2501), journey.Hours(office)), "is within 2501 business days"},
		{"days without hours", one(0, journey.BusinessDays(3)), `counts business days and has no hours: give journey.Hours`},
		{"hours that never open", one(time.Hour, journey.Hours(never)), `the hours of the promise "answered"`},
		{"since no stage", one(time.Hour, journey.Since("recieved")), `is made since "recieved", which is no stage`},
		{"until no stage", one(time.Hour, journey.Until("answer")), `is kept until "answer", which is no stage`},
		{"since the end", one(time.Hour, journey.Since("end")), `is made since "end", which is no stage`},
		{"until the start", one(time.Hour, journey.Until("start")), `is kept until "start", which is no stage`},
		{"since no name", one(time.Hour, journey.SinceTouchpoint("_x")), `is made by the touchpoint "_x", which is no name`},
		{"until no name", one(time.Hour, journey.UntilTouchpoint("")), `is kept by the touchpoint "", which is no name`},
		{"the same touchpoint", one(time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("ask")), `is made and kept by the touchpoint "ask": name another one`},
		{"as many openings as a run remembers", one(231*8*time.Hour+4*time.Hour, journey.Hours(office), journey.Pauses("waiting")), ""},
		{
			"one more", one(231*8*time.Hour+5*time.Hour, journey.Hours(office), journey.Pauses("waiting")),
			`the promise "answered" pauses, and the hours "office" may have more than 464 openings in twice its time: shorten the time, or leave out Pauses or Hours`,
		},
		{"as many without a pause", one(event.MaxDuration, journey.Hours(office)), ""},
		{"as many days as a run remembers", one(0, journey.BusinessDays(230), journey.Hours(office), journey.Pauses("waiting")), ""},
		{"too many days with a pause", one(0, journey.BusinessDays(233), journey.Hours(office), journey.Pauses("waiting")), "may have more than 464 openings"},
		{"hours that never close", one(event.MaxDuration, journey.Hours(calendar.Always()), journey.Pauses("waiting")), ""},
		{"several promises", []journey.Option{
			journey.Promise("a", 80*8*time.Hour, journey.Hours(office), journey.Pauses("waiting")),
			journey.Promise("b", 80*8*time.Hour, journey.Hours(office), journey.Pauses("waiting")),
			journey.Promise("c", 80*8*time.Hour, journey.Hours(office), journey.Pauses("waiting")),
			journey.Promise("d", 80*8*time.Hour, journey.Hours(office), journey.Pauses("waiting")),
			journey.Promise("e", 80*8*time.Hour, journey.Hours(office), journey.Pauses("waiting")),
		}, "a run may have to remember 885 openings for its promises with Pauses and Hours, and can remember 696"},
		{"pause in no stage", one(time.Hour, journey.Pauses("waiting", "lunch")), `pauses in "lunch", which is no stage`},
		{"more than all", one(time.Hour, journey.Target(90)), `the target of the promise "answered" is 90: it is a share of 1, such as 0.9`},
		{"less than none", one(time.Hour, journey.Target(-0.1)), "is -0.1: it is a share"},
		{"no number", one(time.Hour, journey.Target(math.NaN())), "is NaN: it is a share"},
		{"a stage named start", []journey.Option{journey.Stages("start")}, `a stage is named "start"`},
		{"a stage named end", []journey.Option{journey.Stages("end")}, `a stage is named "end"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := journey.Define("claim", append([]journey.Option{journey.Stages("received", "waiting", "replied")}, c.opts...)...).Validate()
			if c.says == "" && err != nil || c.says != "" && !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("Validate returns %v, want %q", err, c.says)
			}
		})
	}
}
