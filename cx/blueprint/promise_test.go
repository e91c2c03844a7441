package blueprint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// claim returns a blueprint with a journey claim, its touchpoint reply, a touchpoint ask of no journey, a touchpoint ship of
// another journey, and a touchpoint review that has the name of a stage. The promise is the journey's only one.
func claim(p blueprint.Promise) *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1,
		Journeys: []blueprint.Journey{
			{
				Name:     "claim",
				Stages:   []blueprint.Stage{{Name: "received"}, {Name: "waiting"}, {Name: "review"}, {Name: "replied"}},
				Promises: []blueprint.Promise{p},
			},
			{Name: "order", Promises: []blueprint.Promise{{Name: "shipped", Within: blueprint.Within{Duration: 60 * minute}}}},
		},
		Touchpoints: []blueprint.Touchpoint{
			{Name: "reply", Journey: "claim", Stage: "replied"},
			{Name: "review", Journey: "claim"},
			{Name: "ship", Journey: "order"},
			{Name: "ask"},
			{Name: "end"},
		},
		Hours: map[string]blueprint.Hours{"office": {Zone: "UTC", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:00"}}}},
	}
}

// TestPromise: a promise of the blueprint is the same as one in Go.
func TestPromise(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	answered := func(opts ...journey.PromiseOption) journey.Option { return journey.Promise("answered", day, opts...) }
	office, _ := claim(blueprint.Promise{}).Calendar("office")
	for _, c := range []struct {
		name, reason string
		promise      blueprint.Promise // its name and its time are answered and 24h
		want         journey.Option
	}{
		{"the least", "from the start until the end", blueprint.Promise{}, answered()},
		{"start and end", "the reserved names are the defaults", blueprint.Promise{From: "start", Until: "end"}, answered()},
		{"stages", "their names", blueprint.Promise{From: "received", Until: "replied"}, answered(journey.Since("received"), journey.Until("replied"))},
		{"touchpoints", "their names", blueprint.Promise{From: "ask", Until: "reply"}, answered(journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("reply"))},
		{"a stage and a touchpoint", "one of each", blueprint.Promise{From: "received", Until: "reply"}, answered(journey.Since("received"), journey.UntilTouchpoint("reply"))},
		{"a name of both", "the stage has precedence", blueprint.Promise{From: "review", Until: "review"}, answered(journey.Since("review"), journey.Until("review"))},
		{"a touchpoint named end", "the reserved name has precedence", blueprint.Promise{From: "received", Until: "end"}, answered(journey.Since("received"))},
		{"hours", "the hours of the blueprint", blueprint.Promise{Hours: "office"}, answered(journey.Hours(office))},
		{"pause", "in any order", blueprint.Promise{Pause: []string{"waiting", "review"}}, answered(journey.Pauses("review", "waiting"))},
		{"target", "nine of ten", blueprint.Promise{Target: 0.9}, answered(journey.Target(0.9))},
		{
			"business days", "their number replaces the time",
			blueprint.Promise{Within: blueprint.Within{Days: 15}, Hours: "office"},
			answered(journey.Hours(office), journey.BusinessDays(15)),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.promise.Name = "answered"
			if c.promise.Within.Days == 0 {
				c.promise.Within.Duration = blueprint.Duration(day)
			}
			b := claim(c.promise)
			if err := b.Validate(); err != nil {
				t.Fatal(err)
			}
			want := journey.Define("claim", journey.Stages("received", "waiting", "review", "replied"), c.want)
			if got := b.Journey("claim"); !got.Equal(want) || !want.Equal(got) {
				t.Errorf("the promise is %q, want %q: %s", told(got), told(want), c.reason)
			}
			from, err := blueprint.From(slices.DeleteFunc(b.Definitions(), func(d event.Definition) bool { return d.Name() == "review" })...)
			if err != nil || !from.Journey("claim").Equal(want) {
				t.Errorf("From gives another promise: %v", err)
			}
		})
	}
}

// TestPromisesShareHours: promises that name the same hours have one value, which is compiled once.
func TestPromisesShareHours(t *testing.T) {
	t.Parallel()
	b := claim(blueprint.Promise{Name: "answered", Within: blueprint.Within{Days: 1}, Hours: "office"})
	b.Journeys[1].Promises[0].Hours = "office"
	hours := map[*calendar.Hours]bool{}
	for _, d := range b.Definitions() {
		if j, ok := d.(*journey.Definition); ok {
			for p := range j.Promises() {
				hours[p.Hours] = true
			}
		}
	}
	if len(hours) != 1 || hours[nil] {
		t.Errorf("two promises have %d values of the hours, want one", len(hours))
	}
}

// told returns the promises of the journey in words.
func told(d *journey.Definition) (all []string) {
	for p := range d.Promises() {
		all = append(all, p.String())
	}
	return all
}

// TestKeeps: a touchpoint of the blueprint keeps the same promises as one in Go.
func TestKeeps(t *testing.T) {
	t.Parallel()
	b := claim(blueprint.Promise{Name: "answered", Within: blueprint.Within{Duration: minute}})
	b.Touchpoints[0].Keeps = []string{"answered"}
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	want := touchpoint.Define("reply", touchpoint.In(b.Journey("claim"), "replied"), touchpoint.Keeps(b.Journey("claim"), "answered"))
	if got := b.Touchpoint("reply"); !got.Equal(want) {
		t.Errorf("the touchpoint keeps %q, want %q", got.Promises(), want.Promises())
	}
}

func TestValidatePromises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		change       func(b *blueprint.Blueprint, p *blueprint.Promise)
		want         []string // "path: a part of the message"
	}{
		{"valid", "nothing is wrong", func(*blueprint.Blueprint, *blueprint.Promise) {}, nil},
		{"no name", "a name is required", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Name = "" }, []string{"promises[0].name: missing"}},
		{"reserved name", "a leading _ is reserved", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Name = "_x" }, []string{"promises[0].name: begin with _"}},
		{"twice", "it would be ambiguous", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			b.Journeys[0].Promises = append(b.Journeys[0].Promises, *p)
		}, []string{"promises[1].name: twice, first at journeys[0].promises[0].name"}},
		{"a name in two journeys", "each journey has its own", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Journeys[1].Promises[0].Name = "answered" }, nil},
		{"from a mistake", "a typing mistake", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.From = "recieved" }, []string{
			`promises[0].from: the journey "claim" has neither a stage nor a touchpoint "recieved": its stages are ["received" "waiting" "review" "replied"]: the touchpoints are ["reply" "review" "ask" "end"]: did you mean "received"?`,
		}},
		{"until a mistake in a touchpoint", "a typing mistake", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			b.Touchpoints[0].Name, p.Until = "send-answer", "send_anwser"
		}, []string{`promises[0].until: did you mean "send-answer"?`}},
		{"a mistake in a reserved name", "a typing mistake", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.From, p.Until = "strat", "ende" }, []string{
			`promises[0].from: did you mean "start"?`, `promises[0].until: did you mean "end"?`,
		}},
		{"many stages", "a message lists eight names at most", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			for i := range 5 {
				b.Journeys[0].Stages = append(b.Journeys[0].Stages, blueprint.Stage{Name: fmt.Sprint("s", i)})
			}
			p.From = "nothing like it"
		}, []string{`promises[0].from: the journey "claim" has neither a stage nor a touchpoint "nothing like it": the touchpoints are ["reply" "review" "ask" "end"]` + "\n"}},
		{"a touchpoint that occurs twice", "a message lists it once", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			b.Touchpoints = append(b.Touchpoints, b.Touchpoints[0])
			p.From = "nothing like it"
		}, []string{`promises[0].from: the touchpoints are ["reply" "review" "ask" "end"]`, "touchpoints[5].name: twice"}},
		{"from the end", "after the end no promise begins", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.From = "end" }, []string{`promises[0].from: "end" is the end`}},
		{"until the start", "before the start no promise is kept", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Until = "start" }, []string{`promises[0].until: "start" is the beginning`}},
		{"a touchpoint of another journey", "its runs are others", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Until = "ship" }, []string{
			`promises[0].until: the touchpoint "ship" belongs to the journey "order": write a stage or a touchpoint of the journey "claim"`,
		}},
		{"one touchpoint for both", "the promise would be kept as soon as it is made", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.From, p.Until = "reply", "reply" }, []string{
			`promises[0].until: the touchpoint "reply" makes the promise, too, and would keep it at once`,
		}},
		{"one stage for both", "the next visit keeps the promise", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.From, p.Until = "received", "received" }, nil},
		{"keeps what it makes", "the promise would be kept as soon as it is made", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			p.From, b.Touchpoints[0].Keeps = "reply", []string{"answered"}
		}, []string{`touchpoints[0].keeps[0]: the touchpoint makes the promise "answered", too, and would keep it at once`}},
		{"keeps what its stage makes", "the touchpoint has the name of a stage, which makes the promise", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			p.From, b.Touchpoints[1].Keeps = "review", []string{"answered"}
		}, nil},
		{"a touchpoint named start keeps", "the start of the journey makes the promise", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			p.From = "start"
			b.Touchpoints = append(b.Touchpoints, blueprint.Touchpoint{Name: "start", Journey: "claim", Keeps: []string{"answered"}})
		}, nil},
		{"a stage named start", "the name is reserved", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Journeys[0].Stages[1].Name = "start" }, []string{
			`stages[1].name: "start" stands for the beginning or the end`,
		}},
		{"a stage named end", "the name is reserved", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Journeys[0].Stages[1].Name = "end" }, []string{
			`stages[1].name: "end" stands for the beginning or the end`,
		}},
		{"no time", "a promise leaves some time", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Within = blueprint.Within{} }, []string{"promises[0].within: the time is missing or zero: write a duration, such as 24h, or business days"}},
		{"negative time", "a promise leaves some time", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Within.Duration = -1 }, []string{"promises[0].within: out of range"}},
		{"two times", "it would be ambiguous", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Within.Days, p.Hours = 2, "office" }, []string{"promises[0].within: both set"}},
		{"business days without hours", "no zone and no weekdays", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Within = blueprint.Within{Days: 15} }, []string{
			"promises[0].hours: 15bd counts business days, and no hours say which days these are: add hours",
		}},
		{"one business day without hours", "no zone and no weekdays", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Within = blueprint.Within{Days: 1} }, []string{"promises[0].hours: 1bd counts"}},
		{"the whole as target", "each promise is to be kept", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Target = 1 }, nil},
		{"unknown hours", "a typing mistake", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Hours = "ofice" }, []string{`promises[0].hours: there are no hours "ofice": the hours are ["office"]: did you mean "office"?`}},
		{"no hours at all", "the section is missing", func(b *blueprint.Blueprint, p *blueprint.Promise) { b.Hours, p.Hours = nil, "office" }, []string{`promises[0].hours: there are no hours "office"` + "\n"}},
		{"business days in unknown hours", "one mistake, one problem", func(_ *blueprint.Blueprint, p *blueprint.Promise) {
			p.Within, p.Hours = blueprint.Within{Days: 15}, "ofice"
		}, []string{`promises[0].hours: there are no hours "ofice"`}},
		{"faulty hours", "the mistake is that of the hours", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			p.Hours, b.Hours = "office", map[string]blueprint.Hours{"office": {Zone: "Local", Open: b.Hours["office"].Open}}
		}, []string{`hours["office"].zone: the zone of the server`}},
		{"hours that no promise uses", "code may use them", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Hours = "" }, nil},
		{"a long time that pauses", "a run remembers its openings", func(_ *blueprint.Blueprint, p *blueprint.Promise) {
			p.Hours, p.Pause, p.Within = "office", []string{"waiting"}, blueprint.Within{Days: 400}
		}, []string{`promises[0].within: is 400bd, and the promise pauses: the hours "office" may have more than 464 openings in twice that time, which a run remembers at most: write a shorter time, or remove pause or hours`}},
		{"a long time that does not pause", "no opening is remembered", func(_ *blueprint.Blueprint, p *blueprint.Promise) {
			p.Hours, p.Within = "office", blueprint.Within{Days: 400}
		}, nil},
		{"several long times that pause", "a run remembers the openings of all", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			p.Hours, p.Pause, p.Within = "office", []string{"waiting"}, blueprint.Within{Days: 90}
			for i := range 4 {
				more := *p
				more.Name = fmt.Sprint("p", i)
				b.Journeys[0].Promises = append(b.Journeys[0].Promises, more)
			}
		}, []string{"promises: a run may have to remember "}},
		{"pause in a mistake", "a typing mistake", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Pause = []string{"waiting", "weiting"} }, []string{
			`promises[0].pause[1]: the journey "claim" has no stage "weiting": it has ["received" "waiting" "review" "replied"]: did you mean "waiting"?`,
		}},
		{"pause in a touchpoint", "a touchpoint lasts no time of its own", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Pause = []string{"reply"} }, []string{`promises[0].pause[0]: "reply" is a touchpoint and no stage: write a stage of the journey "claim": it has ["received" "waiting" "review" "replied"]`}},
		{"pause in every stage", "the time would never end", func(_ *blueprint.Blueprint, p *blueprint.Promise) {
			p.Pause = []string{"received", "waiting", "review", "replied"}
		}, []string{`promises[0].pause: has every stage of the journey "claim", so that the time never ends: remove the stages in which the customer waits for you`}},
		{"by hand", "code makes them", func(b *blueprint.Blueprint, _ *blueprint.Promise) {
			b.Journeys[0].ByHand, b.Touchpoints[0].Keeps = []string{"call back", "visit"}, []string{"visit"}
		}, nil},
		{"by hand, too", "two promises would have one name", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Journeys[0].ByHand = []string{"answered"} }, []string{
			`journeys[0].by_hand[0]: "answered" is the promise at journeys[0].promises[0], too: remove one of the two`,
		}},
		{"by hand twice", "remove one", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Journeys[0].ByHand = []string{"visit", "visit"} }, []string{
			"journeys[0].by_hand[1]: twice, first at journeys[0].by_hand[0]",
		}},
		{"too many by hand", "one more than a run can have", func(b *blueprint.Blueprint, _ *blueprint.Promise) {
			for i := range journey.MaxPromises {
				b.Journeys[0].ByHand = append(b.Journeys[0].ByHand, fmt.Sprint("p", i))
			}
		}, []string{"journeys[0].by_hand: has 16 entries, and the journey 1 promises: a run can have 16 together: remove some"}},
		{"pause twice", "remove one", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Pause = []string{"waiting", "waiting"} }, []string{"promises[0].pause[1]: twice, first at journeys[0].promises[0].pause[0]"}},
		{"empty pause", "no stage", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Pause = []string{""} }, []string{`promises[0].pause[0]: no stage ""`}},
		{"target of more than all", "it cannot be kept", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Target = 90 }, []string{"promises[0].target: is 90: write more than 0% and at most 100%"}},
		{"negative target", "less than none", func(_ *blueprint.Blueprint, p *blueprint.Promise) { p.Target = -0.5 }, []string{"promises[0].target: is -0.5"}},
		{"long description", "8 KiB and a byte", func(_ *blueprint.Blueprint, p *blueprint.Promise) {
			p.Description = strings.Repeat("x", event.MaxText+1)
		}, []string{"promises[0].description: 8192 bytes"}},
		{"too many", "one more than a run can have", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			for i := range journey.MaxPromises {
				more := *p
				more.Name = fmt.Sprint("p", i)
				b.Journeys[0].Promises = append(b.Journeys[0].Promises, more)
			}
		}, []string{"promises: has 17 entries, and a run can have 16"}},
		{"keeps a mistake", "a typing mistake", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Touchpoints[0].Keeps = []string{"answerd"} }, []string{
			`touchpoints[0].keeps[0]: the journey "claim" has no promise "answerd": it has ["answered"]: did you mean "answered"?`,
		}},
		{"keeps the promise of another journey", "its own journey has none of this name", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Touchpoints[0].Keeps = []string{"shipped"} }, []string{
			`touchpoints[0].keeps[0]: the journey "claim" has no promise "shipped"`,
		}},
		{"keeps a promise twice", "remove one", func(b *blueprint.Blueprint, _ *blueprint.Promise) {
			b.Touchpoints[0].Keeps = []string{"answered", "answered"}
		}, []string{"touchpoints[0].keeps[1]: twice, first at touchpoints[0].keeps[0]"}},
		{"keeps in no journey", "whose promise would it be", func(b *blueprint.Blueprint, _ *blueprint.Promise) { b.Touchpoints[3].Keeps = []string{"answered"} }, []string{"touchpoints[3].keeps: needs a journey"}},
		{"keeps in an unknown journey", "one mistake, one problem", func(b *blueprint.Blueprint, _ *blueprint.Promise) {
			b.Touchpoints[0] = blueprint.Touchpoint{Name: "reply", Journey: "clam", Keeps: []string{"x"}}
		}, []string{"touchpoints[0].journey: clam"}},
		{"a touchpoint of an unknown journey", "one mistake, one problem", func(b *blueprint.Blueprint, p *blueprint.Promise) {
			b.Touchpoints[0] = blueprint.Touchpoint{Name: "reply", Journey: "clam"}
			p.Until = "reply"
		}, []string{"touchpoints[0].journey: clam"}},
		{"all at once", "one run reports every problem", func(_ *blueprint.Blueprint, p *blueprint.Promise) {
			*p = blueprint.Promise{From: "end", Until: "start", Within: blueprint.Within{Days: 3}, Pause: []string{"x"}, Target: 2}
		}, []string{
			"promises[0].name: missing", "promises[0].from: end", "promises[0].until: start", "promises[0].hours: 3bd", "promises[0].pause[0]: x", "promises[0].target: is 2",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := claim(blueprint.Promise{Name: "answered", From: "received", Until: "replied", Within: blueprint.Within{Duration: 24 * 60 * minute}})
			c.change(b, &b.Journeys[0].Promises[0])
			err := b.Validate()
			paths := pathsOf(t, err)
			if len(paths) != len(c.want) {
				t.Fatalf("%d problems, want %d: %s\n%v", len(paths), len(c.want), c.reason, err)
			}
			for i, want := range c.want {
				path, part, _ := strings.Cut(want, ": ")
				if strings.HasPrefix(path, "promises") || strings.HasPrefix(path, "stages") {
					path = "journeys[0]." + path
				}
				line := strings.Split(err.Error(), "\n")[i] + "\n"
				if paths[i] != path || !strings.Contains(line, part) {
					t.Errorf("a problem is %s\nwant one at %s that contains %q: %s", line, path, part, c.reason)
				}
			}
		})
	}
}
