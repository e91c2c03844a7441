package insight_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/internal/smallgroup"
)

// twins is how often each customer of TestFew lives the same: a number about so many runs is about one customer.
const twins = 3

// parts are the keys of numbers that may be of fewer than five customers: each is a part of a whole that stands beside it and is of at least five, or is no number of runs.
var parts = func() map[string]bool {
	keys := map[string]bool{}
	for _, of := range []string{
		"rows", // the whole table: see Basis
		"count value low high excess customers_in_excess bad share mean_stars", // of a share, whose n or runs are looked at
		"p adjusted tested", // of tests
		"too_young too_young_before young outside both not_asked unknown", // of the runs of the question
		"open overdue breaking broken withdrawn late next",                // of the promises that were made, or the runs
		"open_now received amended solicited",                             // of the follow-ups, or of the answers
		"queued answered abandoned short_abandons overflowed callbacks closed handled transfers service_level_counted service_level_good", // of the legs of a queue
		"resolved unresolved returns unanswered first_replies next_replies",                                                               // of the contacts
		"known efforts repeats switches first_contact escalated",                                                                          // of the contacts
		"counts[]", // of the answers, by score
		"days charts_small charts_beyond anew_day",                                                     // of days and of charts
		"groups times distinct variants hidden clustered values pairs small_values small_pairs slower", // of paths, of ways and of values, not of customers
	} {
		for key := range strings.FieldsSeq(of) {
			keys[key] = true
		}
	}
	return keys
}()

// totals are the numbers of whole surveys that package score shows whoever they are of: see score.Answers and score.Response.
var totals = []string{".surveys[].answers.n", ".surveys[].first.n", ".surveys[].response.asked"}

// measured are the keys of times and means, with the keys of the numbers that they are of: both are 0, or the number is of at least five customers.
var measured = map[string]string{
	"speed_of_answer_ns": "answered", "longest_ns": "answered", "waited_ns": "answered", "lost_ns": "abandoned", "handle_time_ns": "handled", "talk_ns": "handled",
	"mean_stars": "rated", "median_ns": "n", "p90_ns": "n", "median": "n", "p90": "n",
}

// TestFew asks every question about small tables that chance makes. In each of these a customer has lived everything several times, so that what has n of four times as
// many is of fewer than five customers, however many runs it has.
func TestFew(t *testing.T) {
	t.Parallel()
	times := 40
	if os.Getenv("CAIRN_WHOLE") != "" {
		times = 2000
	}
	found := map[string]int{}
	for seed := range times {
		customers := 1 + seed%20
		for asked, answer := range askAll(t, fewCustomers(uint64(seed), customers), uint64(seed)) {
			for _, fault := range fewIn(answer) {
				found[strings.TrimRight(asked, " 0123456789")+fault]++
			}
		}
	}
	for _, fault := range slices.Sorted(maps.Keys(found)) {
		t.Errorf("%s, in %d of %d tables", fault, found[fault], times)
	}
}

// askAll asks every question of a view, which is every method of it that needs no single customer, and returns the answers by the names of the questions.
func askAll(t *testing.T, events []event.Event, seed uint64) map[string]any {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	table := carefulTable(t, &memory{events: events})
	view := reflect.ValueOf(table.View(insight.Viewer{Rights: insight.Numbers}, at(24+float64(r.IntN(800)))))
	which := []insight.Which{{}, {Until: at(300)}, {From: at(100), Until: at(500)}, {Journey: "ticket"}, {By: insight.Ended, From: at(200)}}
	of := map[reflect.Type][]any{
		reflect.TypeFor[insight.Which]():         {which[0], which[r.IntN(len(which))]},
		reflect.TypeFor[*insight.Which]():        {&which[1], &which[r.IntN(len(which))]},
		reflect.TypeFor[time.Time]():             {time.Time{}},
		reflect.TypeFor[[]time.Time]():           {[]time.Time{at(0), at(100), at(101), at(400), at(900)}},
		reflect.TypeFor[insight.Column]():        {insight.Segment, insight.Team, insight.Queue, insight.Arm, insight.Release, insight.Outcome, insight.Stage},
		reflect.TypeFor[insight.Measure]():       {insight.Completes(), insight.Keeps("solved"), insight.Fails(), insight.Says(event.Positive), insight.EndsAs(event.Abandoned)},
		reflect.TypeFor[[][]string]():            {[][]string(nil), [][]string{{"call"}, {"mail"}, {"page"}, {"call", "mail"}, {"page", "page"}}},
		reflect.TypeFor[insight.DailySettings](): {insight.DailySettings{Days: 40}, insight.DailySettings{Days: 20, Charts: 3}},
		reflect.TypeFor[insight.Bad]():           {insight.NotCompleted(), insight.PromiseBroken("solved"), insight.TouchpointFailed(), insight.WasReopened(), insight.AnsweredNegative(), insight.AnsweredNegativeTo("after"), insight.FailedAt("call"), insight.EndedIn("payment"), insight.EndedFor("slow")},
	}
	answers := map[string]any{}
	for i := range view.NumMethod() {
		name := view.Type().Method(i).Name
		if out := view.Method(i).Type(); slices.Contains(elsewhere, name) || out.Out(out.NumOut()-1) != reflect.TypeFor[error]() {
			continue // a question may return an error
		}
		question := view.Method(i)
		for again := range 2 {
			n := again + int(seed) //nolint:gosec // small
			in := make([]reflect.Value, question.Type().NumIn())
			for k := range in {
				kind := question.Type().In(k)
				if kind.String() == "context.Context" {
					in[k] = reflect.ValueOf(t.Context())
					continue
				}
				if len(of[kind]) == 0 {
					t.Fatalf("View.%s takes a %s: give a value", name, kind)
				}
				in[k] = reflect.ValueOf(of[kind][(n+n/5*k)%len(of[kind])]) //nolint:gosec // small
			}
			out := question.Call(in)
			if err, _ := reflect.TypeAssert[error](out[1]); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			text, err := json.Marshal(out[0].Interface())
			if err != nil {
				t.Fatal(err)
			}
			var answer any
			if err := json.Unmarshal(text, &answer); err != nil {
				t.Fatal(err)
			}
			answers[name+" "+strconv.Itoa(n)] = answer
		}
	}
	return answers
}

// fewIn returns the keys of the numbers that are of one to four customers.
func fewIn(answer any) (faults []string) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(path+"."+key, v[key])
				if of := measured[key]; of != "" && v[key] != 0.0 {
					if n, ok := v[of].(float64); ok && n <= twins*(smallgroup.Min-1) {
						faults = append(faults, path+"."+key+" of few "+of)
					}
				}
			}
		case []any:
			for _, one := range v {
				walk(path+"[]", one)
			}
		case float64:
			key := path[strings.LastIndexByte(path, '.')+1:]
			few := v == float64(int64(v)) && v > 0 && v <= twins*(smallgroup.Min-1)
			if key == "customers" || strings.HasSuffix(path, "first_contact_resolution.n") { // all contacts of a customer are one effort
				few = v > 0 && v < smallgroup.Min
			}
			if few && !parts[key] && !slices.Contains(totals, path) {
				faults = append(faults, path)
			}
		}
	}
	walk("", answer)
	slices.Sort(faults)
	return slices.Compact(faults)
}

// fewCustomers are the events of so many customers, each of whom lives one or two lives several times.
func fewCustomers(seed uint64, customers int) (all []event.Event) {
	for n := range customers {
		for twin := range twins {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			for life := range 1 + r.IntN(2) {
				l := &lived{r: r, customer: fmt.Sprint("customer-", n), id: fmt.Sprint(n, "-", twin, "-", life)}
				l.live()
				all = append(all, l.all...)
			}
		}
	}
	return all
}

// lived makes a life.
type lived struct {
	r            *rand.Rand
	customer, id string
	journey      string
	begun        float64
	segment      string
	variant      *event.Variant
	all          []event.Event
	serial       int
}

func (l *lived) pick(of ...string) string { return of[l.r.IntN(len(of))] }

func (l *lived) add(h float64, kind event.Kind, fill func(*event.Event)) event.ID {
	e := event.Event{
		Kind: kind, Time: at(h), Journey: event.Run{Name: l.journey, ID: l.id, Started: at(l.begun)}, Customer: event.Customer{Hash: l.customer, Segment: l.segment},
		Channel: event.Phone, Variant: l.variant,
	}
	fill(&e)
	l.serial++
	digest := sha256.Sum256(fmt.Append(nil, l.journey, l.id, l.serial))
	e.ID = event.ID(digest[:16])
	l.all = append(l.all, e)
	return e.ID
}

func (l *lived) live() {
	l.begun, l.journey, l.segment = float64(l.r.IntN(600)), l.pick("ticket", "order"), l.pick("gold", "iron", "iron", "")
	l.variant = &event.Variant{Release: l.pick("1", "2"), Experiment: l.pick("button", "font"), Arm: l.pick("blue", "red")}
	l.add(l.begun, event.JourneyStarted, func(*event.Event) {})
	h := l.begun
	for _, stage := range []string{"cart", "payment", "confirmation"} {
		if l.journey == "order" && l.r.IntN(3) > 0 {
			h += float64(l.r.IntN(40))
			l.add(h, event.JourneyStageEntered, func(e *event.Event) { e.Stage = stage })
		}
	}
	if l.journey == "ticket" {
		l.promise(l.begun)
	}
	for range l.r.IntN(5) {
		h += float64(l.r.IntN(30))
		l.touch(h)
	}
	h += float64(l.r.IntN(50))
	if l.r.IntN(4) > 0 {
		outcome := event.Outcome(int(event.Failed) + l.r.IntN(4)) //nolint:gosec // one of four
		l.add(h, event.JourneyEnded, func(e *event.Event) { e.Outcome = outcome })
		if l.r.IntN(3) == 0 {
			l.touch(h + 5)
		}
	}
	l.say(h)
	if l.r.IntN(3) == 0 {
		l.care(h)
	}
}

func (l *lived) promise(h float64) {
	due := h + float64(20+l.r.IntN(100))
	promise := func(e *event.Event) {
		e.Promise = &event.Promise{Name: "solved", Number: 1, Made: at(h), Due: at(due)}
	}
	l.add(h, event.PromiseMade, promise)
	switch l.r.IntN(4) {
	case 0:
		l.add(h+10, event.PromiseKept, promise)
	case 1:
		l.add(due, event.PromiseBroken, promise)
	case 2:
		l.add(h+12, event.PromiseWithdrawn, promise)
	}
}

func (l *lived) touch(h float64) {
	name, team, outcome := l.pick("call", "mail", "page"), l.pick("blue", "green", ""), event.Outcome(1+l.r.IntN(3)) //nolint:gosec // one of three
	queue, answered, claimed := l.pick("first", "second"), l.r.IntN(3) > 0, event.YesNo(l.r.IntN(3))                 //nolint:gosec // one of three
	decided, approval, wait := l.r.IntN(3) == 0, l.r.IntN(2) == 0, time.Duration(l.r.IntN(300))*time.Second
	intent := l.pick("bill", "")
	l.add(h, event.TouchpointEnded, func(e *event.Event) {
		e.Touchpoint, e.Outcome, e.Intent = name, outcome, intent
		if team != "" {
			e.Attributes = append(e.Attributes, attribute.String("team", team))
		}
		if name != "call" {
			return
		}
		leg := event.Leg{Queue: queue, Queued: true, Answered: answered, Wait: event.Seconds(wait), End: event.LegAbandoned}
		if answered {
			leg.End, leg.Talk = event.LegFinished, event.Seconds(time.Minute)
		}
		e.Assisted = &event.Assisted{Legs: []event.Leg{leg}, Claimed: claimed}
		if decided {
			e.Assisted.Decisions = []event.Decision{{What: "refund", Approval: approval, Amount: &event.Money{Amount: 1_000_000, Currency: "EUR"}}}
		}
	})
}

func (l *lived) say(h float64) {
	causes := [][]string{nil, {"slow"}, {"rude", "slow"}}[l.r.IntN(3)]
	switch l.r.IntN(3) {
	case 0:
		asked := l.add(h+1, event.SurveyRequested, func(e *event.Event) { e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT} })
		score, answers := 1+l.r.IntN(5), l.r.IntN(2) == 0
		if answers {
			l.add(h+2, event.FeedbackReceived, func(e *event.Event) {
				e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: score, Request: asked, Causes: causes}
			})
		}
	case 1:
		m := &event.Mention{Nature: event.Nature(l.r.IntN(5)), Stars: float64(l.r.IntN(11)) / 2} //nolint:gosec // one of five
		source := l.pick("letters", "trustpilot")
		l.add(h+2, event.FeedbackMentioned, func(e *event.Event) {
			e.Feedback, e.Mention = &event.Feedback{Source: source, Causes: causes}, m
		})
	}
}

// care is a follow-up of what happened.
func (l *lived) care(h float64) {
	about := event.RunRef{Name: l.journey, ID: l.id}
	f := &event.FollowUp{Owner: l.pick("care", "shop"), Severity: l.pick("high", "low"), Remedy: l.pick("refund", "excuse", ""), About: about}
	told, ended, broken := l.r.IntN(2) == 0, l.r.IntN(2) == 0, l.r.IntN(2) == 0
	outcome, cause := event.Outcome(int(event.Failed)+l.r.IntN(4)), l.pick("", "no_objection") //nolint:gosec // one of four
	l.journey, l.begun = "complaint", h
	with := func(stage string) func(*event.Event) {
		return func(e *event.Event) { e.FollowUp, e.Stage = f, stage }
	}
	l.add(h, event.JourneyStarted, with(""))
	l.add(h, event.JourneyStageEntered, with("received"))
	if told {
		l.add(h+20, event.JourneyStageEntered, with("told"))
	}
	if broken {
		l.add(h+24, event.PromiseBroken, func(e *event.Event) {
			e.FollowUp, e.Promise = f, &event.Promise{Name: "answered", Number: 1, Made: at(h), Due: at(h + 24)}
		})
	}
	if ended {
		l.add(h+30, event.JourneyEnded, func(e *event.Event) { e.FollowUp, e.Outcome, e.Cause = f, outcome, cause })
	}
}
