package insight

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/tell"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// RunSummary is one run in short, as it stands at the moment of the view.
type RunSummary struct {
	Run event.RunRef `json:"run"`
	// Customer is the pseudonym of the customer; empty is not known. A run of several customers has the first one.
	Customer string `json:"customer,omitempty"`
	Segment  string `json:"segment,omitempty"`
	// Began is when the run began, or its first event where that is not known: Known is then false. Ended is when it ended; the zero time is open.
	Began time.Time `json:"began"`
	Known bool      `json:"began_known"`
	Ended time.Time `json:"ended,omitzero"`
	// State is completed, failed, cancelled, abandoned (silent), open or unknown, as the column [Outcome].
	State string `json:"state"`
	// Stage is the last stage before the end, and Cause why the run ended, or else the last cause of a touchpoint.
	Stage string `json:"stage,omitempty"`
	Cause string `json:"cause,omitempty"`
	// Value is the amount at stake.
	Value *event.Money `json:"value,omitempty"`
	// Touchpoints counts the interactions, Failures those of them that failed, and After those that began after the end.
	Touchpoints int `json:"touchpoints"`
	Failures    int `json:"failures,omitempty"`
	After       int `json:"after,omitempty"`
	// Waited is the time that the customer waited for answers of people, in queues and for replies. Transfers counts how often the customer was transferred
	// or moved to another queue.
	Waited    time.Duration `json:"waited_ns,omitempty"`
	Transfers int           `json:"transfers,omitempty"`
	// Promises are those that were made, in the order in which they were made.
	Promises []RunPromise `json:"promises,omitempty"`
}

// RunPromise is one promise to a run.
type RunPromise struct {
	Name   string `json:"name"`
	Number int    `json:"number,omitempty"`
	// State is kept, broken, withdrawn or open: see [Standing].
	State string    `json:"state"`
	Made  time.Time `json:"made,omitzero"`
	// Due is the due time. That of an open promise is moved on by the time in which its clock stood still; Promised is then the one that it had at first.
	// Stopped is since when the clock stands still: Due then moves on by as long as that.
	Due      time.Time `json:"due,omitzero"`
	Promised time.Time `json:"promised,omitzero"`
	Stopped  time.Time `json:"stopped,omitzero"`
	// Settled is when it was kept, broken or withdrawn. Late is when a promise that was broken was kept after all.
	Settled time.Time `json:"settled,omitzero"`
	Late    time.Time `json:"late,omitzero"`
}

// The states of a promise.
const (
	promiseOpen      = "open"
	promiseKept      = "kept"
	promiseBroken    = "broken"
	promiseWithdrawn = "withdrawn"
)

// summary sums up the events of one run, which are in the order of time. There is at least one.
func (t *Table) summary(events []event.Event, at time.Time) RunSummary {
	s := RunSummary{Run: events[0].Journey.Ref(), State: stateNames[open]}
	last := events[0].Time
	ended := false
	for i := range events {
		e := &events[i]
		s.add(e, !ended)
		ended = ended || e.Kind == event.JourneyEnded
		if signOfLife(e.Kind) {
			last = laterOf(last, e.Time.Add(max(0, e.Duration)))
		}
	}
	if s.Began.IsZero() {
		s.Began = events[0].Time.UTC()
	}
	if after := time.Duration(t.abandon[s.Run.Name]) * time.Microsecond; s.State == stateNames[open] {
		switch {
		case s.After > 0:
			s.State = stateNames[unknown]
		case after > 0 && !last.Add(after).After(at):
			s.State, s.Ended = stateNames[silent], last.Add(after).UTC()
		}
	}
	for i := range s.Promises {
		if p := &s.Promises[i]; p.State == promiseOpen && !p.Made.IsZero() {
			t.settle(&s, p, events, at)
		}
	}
	return s
}

// settle settles a promise that no event has settled, if it is broken at the moment: see pick.promises.
func (t *Table) settle(s *RunSummary, p *RunPromise, events []event.Event, at time.Time) {
	if of := t.clocks[namedPromise{s.Run.Name, p.Name}]; of != nil && !p.Due.IsZero() {
		p.standStill(of, events)
	}
	if !p.Due.IsZero() && p.Stopped.IsZero() && !p.Due.After(at) {
		p.State, p.Settled = promiseBroken, p.Due
	}
	if s.State == stateNames[silent] && (p.State == promiseOpen || s.Ended.Before(p.Settled)) {
		p.State, p.Settled, p.Stopped = promiseBroken, s.Ended, time.Time{}
	}
}

// standStill moves the due time of an open promise by the time in which its clock stood still.
func (p *RunPromise) standStill(of *clock, events []event.Event) {
	s := standstill{clock: of, set: p.Made, due: p.Due}
	for i := range events { // the last one that gave it a due time
		if e := &events[i]; e.Kind == event.PromiseMade && e.Promise != nil && e.Promise.Name == p.Name && e.Promise.Number == p.Number {
			s.set = e.Time
		}
	}
	for i := range events {
		if e := &events[i]; e.Kind == event.JourneyStageEntered {
			s.enter(e.Stage, e.Time)
		}
	}
	if !s.due.Equal(p.Due) {
		p.Promised, p.Due = p.Due, s.due.UTC()
	}
	if !s.stopped.IsZero() {
		p.Stopped = laterOf(s.stopped, s.set).UTC()
	}
}

// signOfLife reports whether the customer or the company did something: see cases.Chunk.Last.
func signOfLife(k event.Kind) bool {
	switch k {
	case event.JourneyStageEntered, event.TouchpointEnded, event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned:
		return true
	default:
		return false
	}
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// add adds an event. Before is false after the end of the run.
func (s *RunSummary) add(e *event.Event, before bool) {
	if s.Customer == "" {
		s.Customer = e.Customer.Hash
	}
	if s.Segment == "" {
		s.Segment = e.Customer.Segment
	}
	if e.Journey.Value != nil {
		s.Value = e.Journey.Value
	}
	for _, began := range []time.Time{e.Journey.Started, startedAt(e)} {
		if !began.IsZero() && (!s.Known || began.Before(s.Began)) {
			s.Began, s.Known = began.UTC(), true
		}
	}
	if before && e.Stage != "" {
		s.Stage = e.Stage
	}
	switch {
	case e.Kind == event.JourneyEnded:
		s.end(e)
	case e.Kind.IsPromise() && e.Promise != nil:
		s.promise(e)
	case e.Kind == event.TouchpointEnded:
		s.touchpoint(e, before)
	}
}

func startedAt(e *event.Event) time.Time {
	if e.Kind == event.JourneyStarted {
		return e.Time
	}
	return time.Time{}
}

func (s *RunSummary) end(e *event.Event) {
	s.Ended, s.State = e.Time.UTC(), stateNames[ends[e.Outcome&7]]
	if t := e.Transition; t != nil {
		if e.Stage == "" && t.From != "" {
			s.Stage = t.From
		}
		if t.LastCause != "" {
			s.Cause = t.LastCause
		}
	}
	if e.Cause != "" {
		s.Cause = e.Cause
	}
}

func (s *RunSummary) touchpoint(e *event.Event, before bool) {
	s.Touchpoints++
	if e.Outcome == event.Failed {
		s.Failures++
	}
	switch {
	case e.Late || !before:
		s.After++
	case e.Cause != "":
		s.Cause = e.Cause
	}
	a := e.Assisted
	if a == nil {
		return
	}
	for i := range a.Legs {
		s.Waited += max(0, time.Duration(a.Legs[i].Wait))
		if end := a.Legs[i].End; end == event.LegTransferred || end == event.LegOverflowed {
			s.Transfers++
		}
	}
	if a.Thread != nil {
		s.Waited += max(0, time.Duration(a.Thread.Waited))
	}
}

func (s *RunSummary) promise(e *event.Event) {
	p := e.Promise
	if p.Number == 0 {
		return // it was made or kept by hand, and the client does not know which one it is
	}
	i := slices.IndexFunc(s.Promises, func(x RunPromise) bool { return x.Name == p.Name && x.Number == p.Number })
	if i < 0 {
		i = len(s.Promises)
		s.Promises = append(s.Promises, RunPromise{Name: p.Name, Number: p.Number, State: promiseOpen})
	}
	x := &s.Promises[i]
	if x.Made.IsZero() && !p.Made.IsZero() {
		x.Made = p.Made.UTC()
	}
	if !p.Due.IsZero() {
		x.Due = p.Due.UTC()
	}
	state := ""
	switch {
	case e.Kind == event.PromiseMade && x.Made.IsZero():
		x.Made = e.Time.UTC()
	case e.Kind == event.PromiseKept && e.Late:
		x.Late = e.Time.UTC()
	case e.Kind == event.PromiseKept:
		state = promiseKept
	case e.Kind == event.PromiseBroken:
		state = promiseBroken
	case e.Kind == event.PromiseWithdrawn:
		state = promiseWithdrawn
	}
	if state != "" {
		x.State, x.Settled = state, e.Time.UTC()
	}
}

// Took is how long the run took, and 0 if that is not known, or the run is open.
func (s *RunSummary) Took() time.Duration {
	if !s.Known || s.Ended.IsZero() {
		return 0
	}
	return max(0, s.Ended.Sub(s.Began))
}

// Sentence sums the run up, so that a support lead can read it to the customer. Times are in the zone; nil is UTC.
func (s *RunSummary) Sentence(in *time.Location) string {
	return tell.Quote(s.Run.Name) + " " + tell.Quote(s.Run.ID) + s.said(zoneOf(in))
}

// Spoken is [RunSummary.Sentence] without the journey and the ID, as one reads it to a customer who knows what it is about: "It began on …".
func (s *RunSummary) Spoken(in *time.Location) string { return "It" + s.said(zoneOf(in)) }

// said is what Sentence says of the run after its name.
func (s *RunSummary) said(in *time.Location) string {
	began := " began on " + tell.When(s.Began, in)
	if !s.Known {
		began = " began at an unknown time, before " + tell.When(s.Began, in)
	}
	said := []string{began + s.endSentence(in)}
	switch {
	case s.Cause == "" || s.State == stateNames[completed]:
	case s.State == stateNames[open] || s.State == stateNames[silent]:
		said = append(said, "The last cause was "+tell.Quote(s.Cause)+".")
	default:
		said = append(said, "The cause was "+tell.Quote(s.Cause)+".")
	}
	if s.Failures > 0 {
		said = append(said, number.Of(int64(s.Failures), "touchpoint", "touchpoints")+" failed.")
	}
	if s.Waited > 0 {
		said = append(said, "The customer waited "+number.Spell(s.Waited)+" for answers of people.")
	}
	if s.Transfers > 0 {
		said = append(said, "The customer was transferred "+tell.Times(s.Transfers)+".")
	}
	for i := range s.Promises {
		said = append(said, s.Promises[i].Sentence(in))
	}
	if s.After > 0 {
		said = append(said, number.Of(int64(s.After), "touchpoint", "touchpoints")+" came after the end.")
	}
	if v := s.Value; v != nil && v.Amount != 0 {
		said = append(said, "The value at stake is "+text.Money(v.Amount, tell.Clean(v.Currency))+".")
	}
	return strings.Join(said, " ")
}

// endSentence says how the run stands, after the words that it began.
func (s *RunSummary) endSentence(in *time.Location) string {
	after := ""
	if took := s.Took(); took > 0 {
		after = ", after " + number.Spell(took)
	}
	switch s.State {
	case stateNames[completed]:
		return " and was completed on " + tell.When(s.Ended, in) + after + "."
	case stateNames[failed]:
		return " and failed on " + tell.When(s.Ended, in) + after + "."
	case stateNames[cancelled]:
		return " and was cancelled on " + tell.When(s.Ended, in) + after + "."
	case stateNames[silent]:
		return " and counts as given up since " + tell.When(s.Ended, in) + ", because nothing happened any more."
	case stateNames[unknown]:
		return ". It has ended, and it is not known how."
	default:
		if s.Stage != "" {
			return " and is open, in the stage " + tell.Quote(s.Stage) + "."
		}
		return " and is open."
	}
}

// Sentence says how the promise stands. Times are in the zone; nil is UTC.
func (p *RunPromise) Sentence(in *time.Location) string {
	in = zoneOf(in)
	name := "The promise " + tell.Quote(p.Name)
	if p.Number > 1 {
		name += fmt.Sprintf(" (number %d)", p.Number)
	}
	due := ""
	if !p.Due.IsZero() {
		due = " It was due by " + tell.When(p.Due, in) + "."
	}
	switch p.State {
	case promiseKept:
		return name + " was kept on " + tell.When(p.Settled, in) + "." + due
	case promiseBroken:
		said := name + " was broken"
		if !p.Late.IsZero() {
			said += ", and kept late on " + tell.When(p.Late, in)
			if !p.Due.IsZero() && p.Late.After(p.Due) {
				said += ", " + number.Spell(p.Late.Sub(p.Due)) + " after it was due"
			}
		}
		return said + "." + due
	case promiseWithdrawn:
		return name + " no longer applies."
	default:
		return name + " is open." + p.openSentence(in)
	}
}

// openSentence says when an open promise is due, and why that is not when it was promised.
func (p *RunPromise) openSentence(in *time.Location) string {
	if p.Due.IsZero() {
		return ""
	}
	due := tell.When(p.Due, in)
	switch {
	case !p.Stopped.IsZero():
		return " Its clock has stood still since " + tell.When(p.Stopped, in) + ": the due time, " + due + ", moves on by as long as that."
	case !p.Promised.IsZero():
		return " It is due by " + due + ". That is later than " + tell.When(p.Promised, in) + ", because its clock stood still in between."
	default:
		return " It is due by " + due + "."
	}
}

// Sentence sums up what happened to the customer, in words. Times are in the zone; nil is UTC.
func (c *Customer) Sentence(in *time.Location) string {
	in = zoneOf(in)
	said := "Nothing is known of the customer."
	if n := len(c.Steps); n > 0 {
		said = fmt.Sprintf("%s of the customer from %s to %s, in %s.", number.Of(int64(n), "event", "events"), tell.When(c.Steps[0].Event.Time, in),
			tell.When(c.Steps[n-1].Event.Time, in), number.Of(int64(len(c.Runs)), "run", "runs"))
	}
	count := map[string]int{}
	for i := range c.Runs {
		for n := range c.Runs[i].Promises {
			count[c.Runs[i].Promises[n].State]++
		}
	}
	if len(count) > 0 {
		var parts []string
		for _, state := range []string{promiseKept, promiseBroken, promiseOpen, promiseWithdrawn} {
			if count[state] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", count[state], state))
			}
		}
		said += " Promises: " + strings.Join(parts, ", ") + "."
	}
	if c.Others > 0 {
		said += " " + number.Of(c.Others, "event", "events") + " of these runs may be about other customers and are left out."
	}
	return said
}
