package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// fact is a name with what there is to say about it.
type fact struct {
	Name, Says, Tone, Link string
	// Wide is for what has several sentences.
	Wide bool
}

// tooOld is the age from which on a page says how old the latest event is. LateLoad is the time without a load that succeeds from which on the page says first that it is old.
const (
	tooOld   = time.Hour
	lateLoad = 5 * time.Minute
)

// whole says what the numbers rest on, and what is missing.
func (v *visit) whole(ctx context.Context) ([]fact, error) {
	s, err := v.view.State()
	if err != nil {
		return nil, err
	}
	hidden, err := v.hidesJourney(ctx)
	if err != nil {
		return nil, err
	}
	list := []fact{{Name: "Rests on", Says: number.Of(s.Runs, "run", "runs")}}
	if v.unbound() {
		list[0].Says += " and " + number.Of(s.Events, "event", "events")
	}
	if hidden {
		list[0].Says = "Runs of fewer than 5 customers are among them, so that their number is not shown."
	}
	if !s.Newest.IsZero() {
		f := fact{Name: "Latest event", Says: s.Newest.In(v.zone).Format("2 January 2006, 15:04:05 MST")}
		if age := v.at.Sub(s.Newest); age > tooOld {
			f.Says += ", " + number.Duration(age) + " ago"
		}
		list = append(list, f)
	}
	list = append(list, v.loads(ctx)...)
	if !s.Held.IsZero() {
		list = append(list, fact{Name: "Held back", Says: "A transaction of the archive in flight since " + s.Held.In(v.zone).Format("15:04:05") + " holds later events back.", Tone: "bad"})
	}
	if v.unbound() {
		list = append(list, leftOut(&s)...)
		remember(ctx, v.c.cfg.client.Faults())
		list = append(list, v.c.faults()...)
	}
	return list, nil
}

// hidesJourney reports whether a journey of the reader has too few customers for its numbers: the number of all runs, less those of the journeys that are shown, would tell
// how many runs it has.
func (v *visit) hidesJourney(ctx context.Context) (bool, error) {
	w := insight.Which{By: insight.Begun}
	live, err := question(ctx, v, "live", w, func(ctx context.Context) (insight.Live, error) { return v.view.Live(ctx, w, v.at.Add(-lastHour)) })
	return live.Hidden || slices.ContainsFunc(live.List, func(l insight.LiveRuns) bool { return l.Hidden }), err
}

// unbound reports whether the reader sees the whole table. Only such a reader is told about the table and the process.
func (v *visit) unbound() bool {
	return v.may(insight.Numbers) && len(v.viewer.Journeys)+len(v.viewer.Owners)+len(v.viewer.Segments) == 0
}

// loads says when the table was last read, and why it could not be read since.
func (v *visit) loads(ctx context.Context) (list []fact) {
	l := v.c.table.Loads()
	if !l.Read.IsZero() {
		list = append(list, fact{Name: "Last read", Says: l.Read.In(v.zone).Format("2 January 2006, 15:04:05 MST")})
	}
	if l.Failures == 0 {
		return list
	}
	f := fact{Name: "Not read since", Says: "The last " + number.Of(l.Failures, "attempt", "attempts") + " failed, the last one at " + l.Failed.In(v.zone).Format("15:04:05") + ".", Tone: "bad"}
	if v.c.cfg.unread != nil && v.unbound() {
		says := v.c.unread(l.Err)
		remember(ctx, says)
		f.Says += " " + says
	} else {
		f.Says += " The people who run the console find the reason in its log."
	}
	return append(list, f)
}

// unread asks the application for its words. A panic of it is no reader's.
func (c *Console) unread(err error) (says string) {
	defer func() {
		if r := recover(); r != nil {
			c.cfg.log.Error("console: the function of WithLoadFault panicked: mend it", "panic", fmt.Sprint(r))
			says = ""
		}
	}()
	return c.cfg.unread(err)
}

// leftOut says what the numbers do not have.
func leftOut(s *insight.State) (list []fact) {
	add := func(name string, n int64, one, many, tone string) {
		if n > 0 {
			list = append(list, fact{Name: name, Says: number.Of(n, one, many), Tone: tone})
		}
	}
	add("Came twice", s.Repeated, "event, which counts once", "events, each of which counts once", "")
	add("Outside", s.Outside, "event of before or after what the table keeps", "events of before or after what the table keeps", "")
	add("In no run", s.Unused, "event: it counts in no number of runs", "events: they count in no number of runs", "")
	add("Too many names", s.Coarse, "event lacks a part", "events lack a part", "bad")
	return list
}

// mostFaults is how many faults of the client a page shows.
const mostFaults = 5

// faults says what the client of this process could not record, the most frequent first.
func (c *Console) faults() (list []fact) {
	all := c.cfg.client.Faults()
	slices.SortStableFunc(all, func(a, b cx.FaultCount) int { return cmp.Compare(b.Count, a.Count) })
	for i := range all[:min(len(all), mostFaults)] {
		f := &all[i]
		says := number.Of(f.Count, "time", "times") + ": " + f.Detail
		if f.Name != "" {
			says = fmt.Sprintf("“%s”, %s", f.Name, says)
		}
		list = append(list, fact{Name: "Fault " + f.Fault.String(), Says: says, Tone: "bad"})
	}
	if n := len(all) - mostFaults; n > 0 {
		list = append(list, fact{Name: "Further faults", Says: number.Of(int64(n), "kind", "kinds") + ": see the log of the process", Tone: "bad"})
	}
	return list
}
