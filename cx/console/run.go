package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// runPage tells one run, and runs of the same ID in other journeys.
func runPage(v *visit) (*page, error) {
	ref := event.RunRef{Namespace: v.filter.Namespace, Name: v.r.PathValue("journey"), ID: v.r.PathValue("id")}
	ctx := v.r.Context()
	found, err := v.view.Find(ctx, ref)
	if err != nil {
		return nil, err
	}
	run, err := v.view.Run(ctx, found[0])
	if err != nil {
		return nil, err
	}
	v.looked(run.Customer)
	p := &page{name: "runs", title: run.Run.ID, eyebrow: run.Run.Name, headline: run.Run.ID, note: run.Sentence(v.zone)}
	p.sections = []section{
		v.now("facts", "In short", "facts", v.runFacts(&run.RunSummary)),
		v.now("promises", "Promises", "run-promises", v.runPromises(&run.RunSummary)),
		v.now("story", "What happened", "story", v.story(run.Steps, false)),
	}
	p.sections[0].half, p.sections[1].half = true, true
	if len(run.FollowUps) > 0 {
		p.sections = slices.Insert(p.sections, 2, v.now("followups", "Follow-ups", "customer-runs", v.summaries(run.FollowUps)))
	}
	return p, nil
}

// customerPage tells one customer, by the pseudonym.
func customerPage(v *visit) (*page, error) {
	c, err := v.view.Customer(v.r.Context(), v.r.PathValue("customer"))
	if err != nil {
		return nil, err
	}
	v.looked(c.Customer)
	p := &page{name: "runs", title: "Customer", eyebrow: "Customer", headline: shortHash(c.Customer), note: c.Sentence(v.zone)}
	p.sections = []section{
		v.now("runs", "Journeys", "customer-runs", v.summaries(c.Runs)),
		v.now("story", "What happened", "story", v.story(c.Steps, true)),
	}
	return p, nil
}

// shortHash is as much of a pseudonym as people compare.
func shortHash(hash string) string {
	if len(hash) > 12 {
		return hash[:12] + "…"
	}
	return hash
}

// now is a section whose content is known.
func (v *visit) now(id, title, name string, content any) section {
	return section{id: id, title: title, template: name, fill: func(context.Context) (any, error) { return content, nil }}
}

// clock writes a time for readers.
func (v *visit) clock(t time.Time) string { return t.In(v.zone).Format("2 Jan 2006, 15:04") }

// stateTones are how states look.
var stateTones = map[string]string{
	"completed": "good", "kept": "good", "failed": "bad", "broken": "bad", "overdue": "bad", "abandoned": "bad",
}

func (v *visit) runFacts(s *insight.RunSummary) (list []fact) {
	add := func(name, says, tone string) {
		if says != "" {
			list = append(list, fact{Name: name, Says: says, Tone: tone})
		}
	}
	add("State", s.State, stateTones[s.State])
	began := v.clock(s.Began)
	if !s.Known {
		began += " (first event)"
	}
	add("Began", began, "")
	if !s.Ended.IsZero() {
		add("Ended", v.clock(s.Ended)+", after "+number.Duration(s.Ended.Sub(s.Began)), "")
	}
	add("Stage", s.Stage, "")
	add("Cause", s.Cause, "")
	if s.Value != nil {
		add("Value", text.Money(s.Value.Amount, s.Value.Currency), "")
	}
	if s.Touchpoints > 0 {
		says := number.Of(int64(s.Touchpoints), "interaction", "interactions")
		if s.Failures > 0 {
			says += fmt.Sprintf(", %s failed", number.Count(int64(s.Failures)))
		}
		if s.After > 0 {
			says += fmt.Sprintf(", %s after the end", number.Count(int64(s.After)))
		}
		add("Interactions", says, "")
	}
	if s.Waited > 0 {
		add("Waited", number.Duration(s.Waited)+" for people", "")
	}
	if s.Transfers > 0 {
		add("Handed on", number.Of(int64(s.Transfers), "time", "times"), "")
	}
	add("Segment", s.Segment, "")
	if s.Customer != "" {
		list = append(list, fact{Name: "Customer", Says: shortHash(s.Customer), Link: v.link("customers/" + segments(s.Customer))})
	}
	return list
}

// promiseRow is a promise to one run.
type promiseRow struct{ Name, State, Tone, When string }

type runPromises struct {
	Rows  []promiseRow
	Empty *empty
}

func (v *visit) runPromises(s *insight.RunSummary) runPromises {
	var list runPromises
	for i := range s.Promises {
		p := &s.Promises[i]
		row := promiseRow{Name: p.Name, State: p.State, Tone: stateTones[p.State]}
		if p.Number > 1 {
			row.Name += " " + number.Count(int64(p.Number))
		}
		switch {
		case !p.Late.IsZero():
			row.When = "kept " + number.Duration(p.Late.Sub(p.Due)) + " late, " + v.clock(p.Late)
		case !p.Settled.IsZero():
			row.When = v.clock(p.Settled)
		case !p.Stopped.IsZero():
			row.When = "its clock stands still since " + v.clock(p.Stopped)
		case !p.Due.IsZero():
			row.When = "due " + v.clock(p.Due)
		}
		list.Rows = append(list.Rows, row)
	}
	if len(list.Rows) == 0 {
		list.Empty = &empty{"Nothing was promised in this run.", "Promises of the blueprint are listed here, with their due times."}
	}
	return list
}

// storyStep is an event of a story.
type storyStep struct {
	Day, Time, Stamp, Said, Tone, Where string
	Trace, TraceURL                     string
}

// story writes the events in words. Each day has its date once.
func (v *visit) story(steps []insight.Step, runs bool) (list []storyStep) {
	day, traced := "", ""
	for i := range steps {
		e := &steps[i].Event
		at := e.Time.In(v.zone)
		s := storyStep{Time: at.Format("15:04"), Stamp: e.Time.UTC().Format(time.RFC3339), Said: steps[i].Sentence(v.zone), Tone: toneOf(e)}
		if d := at.Format("Monday, 2 January 2006"); d != day {
			s.Day, day = d, d
		}
		if runs && e.Journey.Name != "" {
			s.Where = e.Journey.Name + " " + e.Journey.ID
		}
		if trace := traceOf(e); trace != traced && trace != "" {
			s.Trace, traced = trace, trace
			if v.c.cfg.trace != "" {
				s.TraceURL = strings.ReplaceAll(v.c.cfg.trace, traceID, trace)
			}
		}
		list = append(list, s)
	}
	return list
}

// traceOf is the ID of the trace that has the event; "" is none.
func traceOf(e *event.Event) string {
	if e.SpanContext.IsValid() {
		return e.SpanContext.TraceID().String()
	}
	if id := e.Journey.Root.TraceID; id.IsValid() {
		return id.String()
	}
	return ""
}

// toneOf is how an event looks in a story.
func toneOf(e *event.Event) string {
	switch {
	case e.Kind == event.PromiseBroken || e.Outcome == event.Failed:
		return "bad"
	case e.Kind == event.PromiseKept || e.Kind == event.JourneyEnded && e.Outcome == event.Completed:
		return "good"
	default:
		return ""
	}
}

// summaries are runs in a list.
func (v *visit) summaries(runs []insight.RunSummary) (list []runRow) {
	for i := range runs {
		s := &runs[i]
		row := runRow{ID: s.Run.ID, Journey: s.Run.Name, State: s.State, Tone: stateTones[s.State], Began: v.clock(s.Began), Link: v.runLink(s.Run), Where: s.Stage}
		list = append(list, row)
	}
	return list
}

// looked records that a reader looked at one customer.
func (v *visit) looked(string) {}
