package console

import (
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

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
		if e.Kind == event.EmployeeLooked {
			continue // the page says it in a line of its own
		}
		at := e.Time.In(v.zone)
		s := storyStep{Time: at.Format("15:04"), Stamp: e.Time.UTC().Format(time.RFC3339), Said: steps[i].Sentence(v.zone), Tone: toneOf(e)}
		if d := at.Format("Monday, 2 January 2006"); d != day {
			s.Day, day = d, d
		}
		if runs && e.Journey.Name != "" {
			s.Where = e.Journey.Name + " " + e.Journey.ID
		}
		if trace := steps[i].Trace(); trace != traced && trace != "" {
			s.Trace, traced = trace, trace
			if v.c.cfg.trace != "" {
				s.TraceURL = strings.ReplaceAll(v.c.cfg.trace, traceID, trace)
			}
		}
		list = append(list, s)
	}
	return list
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

// mostSteps is how many events a story has on a page.
const mostSteps = 1000

// storyPart is the section with the story: the last events, if there are many.
func (v *visit) storyPart(steps []insight.Step, runs bool) section {
	n := len(steps)
	s := ready("story", "What happened", "story", v.story(steps[max(0, n-mostSteps):], runs))
	if n > mostSteps {
		s.note = "These are the last " + number.Count(mostSteps) + " of " + number.Count(int64(n)) + " events."
	}
	return s
}

// traceRow is a trace, with what it has.
type traceRow struct{ ID, URL, Has string }

// traces lists the trace of the whole run, if there is a tracing backend, and those of the requests in which something happened, in their order.
func (v *visit) traces(run *insight.Run) (list []traceRow) {
	if v.c.cfg.trace != "" {
		of := event.Run{Namespace: run.Run.Namespace, Name: run.Run.Name, ID: run.Run.ID}
		list = append(list, v.traceRow(of.TraceID().String(), "The whole run"))
	}
	count, at := map[string]int64{}, map[string]int{}
	for i := range run.Steps {
		id := run.Steps[i].Trace()
		if id == "" {
			continue
		}
		if count[id]++; count[id] == 1 {
			at[id] = len(list)
			list = append(list, v.traceRow(id, v.clock(run.Steps[i].Event.Time)))
		}
	}
	for id, n := range count {
		list[at[id]].Has += ", " + number.Of(n, "event", "events")
	}
	return list
}

func (v *visit) traceRow(id, has string) traceRow {
	r := traceRow{ID: id, Has: has}
	if v.c.cfg.trace != "" {
		r.URL = strings.ReplaceAll(v.c.cfg.trace, traceID, id)
	}
	return r
}

// lookedAt says how often employees have looked, without saying who.
func (v *visit) lookedAt(steps []insight.Step) string {
	var last time.Time
	n := int64(0)
	for i := range steps {
		if e := &steps[i].Event; e.Kind == event.EmployeeLooked {
			last, n = e.Time, n+1
		}
	}
	if n == 0 {
		return ""
	}
	return number.Of(n, "time", "times") + " by employees, last " + v.clock(last)
}
