package cases_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// row is what a row of the table says, in words. The model fills it from the events of the run, and dump from the table.
type row struct {
	Begun, Ended, Last     int64
	Known                  bool // when the run began
	Outcome                string
	Stage, Cause           string
	Queue, Team            string
	Channels, Actors       string
	Failures               int
	Waited                 int64
	Verdict                string
	Score                  int
	Amount                 string
	Version, Segment, Arm  string
	Release, Account       string
	Intent, Impact         string
	Words                  []string
	Synthetic, HasCustomer bool
}

// dump returns the rows of the table by journey and ID.
func dump(t *cases.Table) map[string]row { return dumpOf(t.Snapshot()) }

func dumpOf(t *cases.Snapshot) map[string]row {
	all := map[string]row{}
	for _, c := range t.Chunks() {
		for r := range c.N {
			run := t.Journeys[c.Journey[r]]
			all[run.Namespace+"/"+run.Name+"/"+c.ID(r)] = dumpRow(t, c, r)
		}
	}
	return all
}

func dumpRow(t *cases.Snapshot, c *cases.Chunk, r int) row {
	if c.Flags[r]&cases.Folded == 0 {
		return row{Outcome: "not folded"}
	}
	text := func(d *cases.Texts, column *[cases.Rows]uint16) string {
		if column == nil {
			return ""
		}
		return d.Text(uint32(column[r]))
	}
	first := func(column cases.Column) string {
		narrow, wide := c.First(column)
		if wide != nil {
			return t.Dict(column).Text(wide[r])
		}
		return text(t.Dict(column), narrow)
	}
	d := row{
		Begun: c.Base[r], Ended: c.Ended[r], Last: c.Last[r], Known: c.Flags[r]&cases.Begun != 0, Outcome: event.Outcome(c.Outcome[r]).String(),
		Stage: text(t.Stages, c.Stage), Cause: text(t.Causes, c.Cause), Queue: text(t.Queues, c.Queue), Team: text(t.Teams, c.Team),
		Channels: fmt.Sprintf("%b", c.Channels[r]), Actors: fmt.Sprintf("%b", c.Actors[r]), Failures: int(c.Failures[r]),
		Version: first(cases.Version), Segment: first(cases.Segment), Arm: first(cases.Arm), Release: first(cases.Release), Account: first(cases.Account),
		Intent: first(cases.Intent), Impact: first(cases.Attribute), Synthetic: c.Flags[r]&cases.Synthetic != 0,
		HasCustomer: c.Customer != nil && c.Customer[r] != 0,
	}
	if c.Waits != nil {
		d.Waited = int64(c.Waits[r])
	}
	if c.Verdict != nil {
		d.Verdict = event.Verdict(c.Verdict[r]).String()
	}
	if c.Score != nil {
		d.Score = int(c.Score[r])
	}
	if c.Amount != nil && c.Currency[r] != 0 {
		d.Amount = fmt.Sprint(c.Amount[r], t.Currencies.Text(uint32(c.Currency[r])))
	}
	for _, w := range c.Words(r) {
		code := t.Codes()[cases.CodeOf(w)]
		d.Words = append(d.Words, fmt.Sprint(c.At(r, w), " ", code.Kind, " ", t.Names.Text(uint32(code.Name)), " ", code.Number, " ", code.Outcome))
	}
	return d
}

// told is a word of the model.
type told struct {
	at      int64
	kind    cases.Kind
	name    string
	number  int
	outcome event.Outcome
	e       *event.Event
}

func (w told) String() string {
	return fmt.Sprint(w.at, " ", w.kind, " ", w.name, " ", w.number, " ", w.outcome)
}

// modelRun works out a row from the events of a run.
func modelRun(events []event.Event) row {
	var d row
	words, end := wordsOf(events), endOf(events)
	first := func(of func(*event.Event) string) string {
		var at int64
		var value string
		for i := range events {
			v, s := of(&events[i]), events[i].Time.Unix()
			if v != "" && (value == "" || s < at || s == at && v < value) {
				at, value = s, v
			}
		}
		return value
	}
	var amountAt int64
	for i := range events {
		e := &events[i]
		begun := e.Journey.Started
		if e.Kind == event.JourneyStarted && (begun.IsZero() || e.Time.Before(begun)) {
			begun = e.Time
		}
		if !begun.IsZero() && (!d.Known || begun.UnixMicro() < d.Begun) {
			d.Known, d.Begun = true, begun.UnixMicro()
		}
		switch e.Kind { //nolint:exhaustive // the others are no signs of life
		case event.TouchpointEnded:
			d.Last = max(d.Last, e.Time.Add(e.Duration).UnixMicro())
		case event.JourneyStarted, event.JourneyStageEntered, event.FeedbackReceived:
			d.Last = max(d.Last, e.Time.UnixMicro())
		}
		d.Synthetic = d.Synthetic || e.Actor == event.ActorSynthetic
		d.HasCustomer = d.HasCustomer || e.Customer.Hash != ""
		if v := e.Journey.Value; v != nil {
			if s := e.Time.Unix(); d.Amount == "" || s > amountAt || s == amountAt && fmt.Sprint(v.Amount, v.Currency) > d.Amount {
				amountAt, d.Amount = s, fmt.Sprint(v.Amount, v.Currency)
			}
		}
		if e.Kind == event.JourneyEnded && e.Transition != nil {
			d.Failures = max(d.Failures, e.Transition.Failures)
		}
	}
	d.Version, d.Segment = first(func(e *event.Event) string { return e.Journey.Version }), first(func(e *event.Event) string { return e.Customer.Segment })
	d.Account, d.Intent = first(func(e *event.Event) string { return e.Customer.Account }), first(func(e *event.Event) string { return e.Intent })
	d.Release = first(func(e *event.Event) string {
		if e.Variant == nil {
			return ""
		}
		return e.Variant.Release
	})
	d.Arm = first(func(e *event.Event) string {
		if e.Variant == nil || e.Variant.Arm == "" {
			return ""
		}
		return e.Variant.Experiment + ": " + e.Variant.Arm
	})
	d.Impact = first(func(e *event.Event) string { return attributeOf(e, "impact") })
	if end != nil {
		d.Ended, d.Outcome = end.Time.UnixMicro(), end.Outcome.String()
	}
	if len(words) > 0 && (!d.Known || words[0].at < d.Begun) {
		d.Begun = words[0].at
	}
	if d.Ended != 0 && (d.Begun == 0 || d.Ended < d.Begun) {
		d.Begun = d.Ended
	}
	modelWords(&d, words)
	if end != nil {
		d.Stage, d.Cause = cmp.Or(end.Stage, d.Stage), cmp.Or(end.Cause, d.Cause)
	}
	return d
}

// modelWords works out what follows from the words.
func modelWords(d *row, words []told) {
	var channels uint16
	var actors uint8
	failures := 0
	for _, w := range words {
		d.Words = append(d.Words, w.String())
		late := d.Ended != 0 && w.at > d.Ended
		switch w.kind { //nolint:exhaustive // the others change no column
		case cases.Entered:
			if !late {
				d.Stage = w.e.Stage
			}
		case cases.Touched:
			channels |= 1 << w.e.Channel
			actors |= 1 << w.e.Actor
			if w.outcome == event.Failed {
				failures++
			}
			d.Team = cmp.Or(attributeOf(w.e, "team"), d.Team)
			if a := w.e.Assisted; a != nil {
				d.Queue = cmp.Or(a.Legs[len(a.Legs)-1].Queue, d.Queue)
				for _, l := range a.Legs {
					d.Waited += time.Duration(l.Wait).Milliseconds()
				}
			}
			if !late {
				d.Stage, d.Cause = cmp.Or(w.e.Stage, d.Stage), cmp.Or(w.e.Cause, d.Cause)
			}
		case cases.Answered:
			d.Verdict, d.Score = w.e.Feedback.Verdict.String(), w.e.Feedback.Score
		}
	}
	d.Channels, d.Actors, d.Failures = fmt.Sprintf("%b", channels), fmt.Sprintf("%b", actors), max(d.Failures, failures)
}

// endOf returns the first end. If two are at one time, it has the lower outcome, and the first stage and cause that are known.
func endOf(events []event.Event) *event.Event {
	var end *event.Event
	for _, e := range events {
		if e.Kind != event.JourneyEnded {
			continue
		}
		if end == nil || e.Time.Before(end.Time) || e.Time.Equal(end.Time) && e.Outcome < end.Outcome {
			end = &e
			continue
		}
		if e.Time.Equal(end.Time) && e.Outcome == end.Outcome {
			merged := *end
			merged.Stage, merged.Cause = firstOf(end.Stage, e.Stage), firstOf(end.Cause, e.Cause)
			end = &merged
		}
	}
	return end
}

func firstOf(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return min(a, b)
}

func attributeOf(e *event.Event, key string) string {
	for _, kv := range e.Attributes {
		if string(kv.Key) == key {
			return kv.Value.AsString()
		}
	}
	return ""
}

// wordsOf returns the words of the run in their order: changes once by what they are, and other events once by their ID.
func wordsOf(events []event.Event) []told {
	seen, changes := map[event.ID]bool{}, map[string]bool{}
	var words []told
	add := func(w told) {
		if w.kind != cases.Touched && w.kind != cases.Answered {
			if key := fmt.Sprint(w.at, w.kind, w.name, w.number); changes[key] {
				return
			} else { //nolint:revive // the key is this one's
				changes[key] = true
			}
		}
		words = append(words, w)
	}
	for i := range events {
		e := &events[i]
		at := e.Time.UnixMicro()
		switch e.Kind { //nolint:exhaustive // the kinds that the test makes
		case event.JourneyStageEntered:
			add(told{at, cases.Entered, e.Stage, 0, 0, e})
		case event.TouchpointEnded, event.FeedbackReceived:
			if seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			if e.Kind == event.TouchpointEnded {
				add(told{at, cases.Touched, e.Touchpoint, 0, e.Outcome, e})
			} else {
				add(told{at, cases.Answered, e.Feedback.Survey, 0, 0, e})
			}
		case event.PromiseMade, event.PromiseKept, event.PromiseBroken:
			kind := map[event.Kind]cases.Kind{event.PromiseMade: cases.Made, event.PromiseKept: cases.Kept, event.PromiseBroken: cases.Broken}[e.Kind]
			p := e.Promise
			add(told{at, kind, p.Name, p.Number, 0, e})
			add(told{p.Due.UnixMicro(), cases.Due, p.Name, p.Number, 0, e})
			if kind != cases.Made {
				add(told{p.Made.UnixMicro(), cases.Made, p.Name, p.Number, 0, e})
			}
		}
	}
	words = slices.DeleteFunc(slices.Clone(words), func(w told) bool {
		var earlier, later bool
		for _, o := range words {
			if o.kind == w.kind && o.name == w.name && o.number == w.number {
				earlier, later = earlier || o.at < w.at, later || o.at > w.at
			}
		}
		return earlier && (w.kind == cases.Made || w.kind == cases.Due && later)
	})
	slices.SortStableFunc(words, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), strings.Compare(a.name, b.name), cmp.Compare(a.number, b.number), cmp.Compare(a.outcome, b.outcome),
			compareTouched(a.e, b.e))
	})
	return words
}

func compareTouched(a, b *event.Event) int {
	queue := func(e *event.Event) string {
		if e.Assisted == nil {
			return ""
		}
		return e.Assisted.Legs[len(e.Assisted.Legs)-1].Queue
	}
	verdict := func(e *event.Event) (event.Verdict, int) {
		if e.Feedback == nil {
			return 0, 0
		}
		return e.Feedback.Verdict, e.Feedback.Score
	}
	v, s := verdict(a)
	x, y := verdict(b)
	if a.Kind != event.TouchpointEnded {
		return cmp.Or(cmp.Compare(v, x), cmp.Compare(s, y)) // an answer's word has nothing else
	}
	return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Actor, b.Actor), strings.Compare(a.Stage, b.Stage), strings.Compare(queue(a), queue(b)),
		strings.Compare(attributeOf(a, "team"), attributeOf(b, "team")), strings.Compare(a.Cause, b.Cause), cmp.Compare(v, x), cmp.Compare(s, y))
}

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// drawEvents draws the events of a few runs. Times are few, so that many events have the same one.
func drawEvents(t *rapid.T) []event.Event {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	n := rapid.IntRange(1, 40).Draw(t, "n")
	events := make([]event.Event, 0, n)
	for i := range n {
		at := epoch.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "time")) * 400 * time.Millisecond)
		e := event.Event{
			Time: at, ID: event.ID{1, byte(i)}, Intent: pick("intent", "", "refund", "repair"),
			Journey:  event.Run{Name: pick("journey", "order", "ticket"), ID: pick("run", "1", "2"), Version: pick("version", "", "1", "2")},
			Customer: event.Customer{Segment: pick("segment", "", "gold", "iron"), Account: pick("account", "", "acme", "zorg"), Hash: pick("customer", "", "anna", "bert")},
			Channel:  rapid.SampledFrom([]event.Channel{0, event.Web, event.Phone}).Draw(t, "channel"),
			Actor:    rapid.SampledFrom([]event.Actor{0, 0, event.ActorEmployee, event.ActorSynthetic}).Draw(t, "actor"),
		}
		if rapid.Bool().Draw(t, "started") {
			e.Journey.Started = epoch.Add(-time.Second)
		}
		if rapid.Bool().Draw(t, "valued") {
			e.Journey.Value = &event.Money{Amount: int64(rapid.IntRange(1, 3).Draw(t, "amount")), Currency: "EUR"}
		}
		if rapid.Bool().Draw(t, "varied") {
			e.Variant = &event.Variant{Release: pick("release", "", "1.0", "1.1"), Experiment: "button", Arm: pick("arm", "blue", "green")}
		}
		if impact := pick("impact", "", "high", "low"); impact != "" {
			e.Attributes = append(e.Attributes, attribute.String("impact", impact))
		}
		drawKind(t, &e, pick)
		events = append(events, e)
	}
	return events
}

func drawKind(t *rapid.T, e *event.Event, pick func(string, ...string) string) {
	e.Kind = rapid.SampledFrom([]event.Kind{
		event.JourneyStarted, event.JourneyEnded, event.JourneyStageEntered, event.TouchpointEnded, event.TouchpointEnded,
		event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.FeedbackReceived,
	}).Draw(t, "kind")
	switch e.Kind { //nolint:exhaustive // the kinds that the test makes
	case event.JourneyEnded:
		e.Outcome = rapid.SampledFrom([]event.Outcome{event.Completed, event.Failed}).Draw(t, "end")
		e.Stage, e.Cause = pick("last stage", "", "new", "done"), pick("last cause", "", "stock", "price")
		e.Transition = &event.Transition{Failures: rapid.IntRange(0, 2).Draw(t, "failures")}
	case event.JourneyStageEntered:
		e.Stage = pick("stage", "new", "done")
	case event.TouchpointEnded:
		e.Touchpoint, e.Stage, e.Cause = pick("touchpoint", "call", "mail"), pick("stage", "", "new", "done"), pick("cause", "", "stock", "price")
		e.Outcome = rapid.SampledFrom([]event.Outcome{event.OK, event.Failed}).Draw(t, "outcome")
		e.Duration = time.Duration(rapid.IntRange(0, 2).Draw(t, "duration")) * time.Second
		if rapid.Bool().Draw(t, "assisted") {
			e.Assisted = &event.Assisted{Legs: []event.Leg{{Queue: "first", Wait: event.Seconds(time.Second)}, {Queue: pick("queue", "first", "second"), Wait: event.Seconds(time.Second)}}}
		}
		if team := pick("team", "", "north", "south"); team != "" {
			e.Attributes = append(e.Attributes, attribute.String("team", team))
		}
	case event.FeedbackReceived:
		score := rapid.IntRange(1, 5).Draw(t, "score")
		verdict, _ := event.CSAT.Verdict(score)
		e.Feedback = &event.Feedback{Survey: "after", Scale: event.CSAT, Score: score, Verdict: verdict}
	case event.PromiseMade, event.PromiseKept, event.PromiseBroken:
		made := e.Time.Add(-time.Duration(rapid.IntRange(0, 1).Draw(t, "since")) * time.Second)
		e.Promise = &event.Promise{Name: pick("promise", "answered", "solved"), Number: rapid.IntRange(1, 2).Draw(t, "number"), Made: made, Due: made.Add(3 * time.Second)}
	}
}

// TestTableIsTheModel: whatever happens in runs, and in whatever order, batches and repetitions it arrives, each row says what follows from the set
// of the events.
func TestTableIsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		want := map[string]row{}
		byRun := map[string][]event.Event{}
		for _, e := range events {
			key := e.Journey.Namespace + "/" + e.Journey.Name + "/" + e.Journey.ID
			byRun[key] = append(byRun[key], e)
		}
		for _, key := range slices.Sorted(maps.Keys(byRun)) {
			want[key] = modelRun(byRun[key])
		}
		again := rapid.SliceOfN(rapid.SampledFrom(events), 0, 10).Draw(t, "again")
		arrived := rapid.Permutation(append(slices.Clone(events), again...)).Draw(t, "arrived")
		source := &memory{events: arrived, most: rapid.IntRange(1, len(arrived)).Draw(t, "most")}
		table := cases.New(cases.Config{Attributes: []string{"impact"}, Team: "team"})
		for n := 0; n < len(arrived); n += source.most {
			if err := table.Load(t.Context(), source); err != nil {
				t.Fatal(err)
			}
		}
		if diff := gocmp.Diff(want, dump(table)); diff != "" {
			t.Fatalf("(-model +table):\n%s", diff)
		}
	})
}
