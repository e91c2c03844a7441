package sqlarchive

import (
	"encoding/json"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// A contact with people has lists: its legs, decisions, views and replies. Each list is a table of its own, whose rows name the
// touchpoint by the ID of its event. The touchpoint's own row has what is said of the whole contact. The rows of the lists are
// written if, and only if, that row is new, because the first event of an ID holds.

// assisted fills the columns of a contact in touchpoints: the queue and the employee of the last leg, and the times of all.
func (r *row) assisted(a *event.Assisted) {
	var wait, ring, talk, hold, wrap event.Seconds
	var transfers int64
	queued := false
	for i := range a.Legs {
		l := &a.Legs[i]
		wait, ring, talk, hold, wrap = wait+l.Wait, ring+l.Ring, talk+l.Talk, hold+l.Hold, wrap+l.Wrap
		queued = queued || l.Queued
		if l.End == event.LegTransferred {
			transfers++
		}
	}
	if n := len(a.Legs); n > 0 {
		r.text(colQueue, a.Legs[n-1].Queue)
		r.text(colAgent, a.Legs[n-1].Agent)
	}
	for _, c := range []struct {
		column column
		d      event.Seconds
	}{{colWaitSeconds, wait}, {colRingSeconds, ring}, {colTalkSeconds, talk}, {colHoldSeconds, hold}, {colWrapSeconds, wrap}} {
		r.seconds(c.column, time.Duration(c.d))
	}
	if queued {
		r.length(colWaitSeconds, wait) // 0 is an immediate answer
	}
	r.int(colLegs, int64(len(a.Legs)))
	r.bool(colByPerson, assist.ByPerson(a))
	r.int(colTransfers, transfers)
	r.bool(colRepeated, a.Again == event.Yes)
	r.bool(colResolved, a.Claimed == event.Yes)
	r.text(colDisposition, a.Disposition)
	r.count(colLine, a.Line)
	r.text(colClaimed, a.Claimed.String())
	r.text(colUnable, a.Unable)
	r.text(colAgain, a.Again.String())
	r.text(colSamePerson, a.SamePerson.String())
	r.int(colAskedToRepeat, int64(a.Repeated))
	if t := a.Thread; t != nil {
		r.thread(t)
	}
}

func (r *row) thread(t *event.Thread) {
	r.int(colReplies, int64(len(t.Replies)))
	r.int(colBotReplies, int64(t.BotReplies))
	if len(t.Replies) > 0 {
		r.length(colFirstReplySeconds, t.Replies[0].After)
		r.length(colFirstReplyOpenSeconds, t.Replies[0].Open)
	}
	r.length(colWaitedSeconds, t.Waited)
	r.length(colWaitedOpenSeconds, t.WaitedOpen)
	r.bool(colUnanswered, t.Unanswered)
}

func (r *row) effort(f *event.Effort) {
	if f == nil {
		return
	}
	r.time(colEffortBegan, f.Began)
	r.seconds(colEffortWindowSeconds, time.Duration(f.Window))
	r.int(colEffortContacts, int64(f.Contacts))
	r.int(colEffortAnswered, int64(f.Answered))
	r.int(colEffortSwitches, int64(f.Switches))
	r.text(colEffortFrom, f.From)
	r.bool(colEffortFirstContact, f.FirstContact)
}

// listed returns how many rows the event has in a table of lists.
func listed(t table, e *event.Event) int {
	a := e.Assisted
	switch {
	case a == nil || tableOf(e.Kind) != touchpoints:
		return 0
	case t == legs:
		return len(a.Legs)
	case t == decisions:
		return len(a.Decisions)
	case t == views:
		return len(a.Views)
	case t == replies && a.Thread != nil:
		return len(a.Thread.Replies)
	default:
		return 0
	}
}

// fillListed makes r the i-th row of the event in a table of lists. id is that of the event's own row.
func (r *row) fillListed(t table, e *event.Event, id string, i int) {
	r.cells = [numColumns]cell{}
	r.table = t
	r.given(colTouchpointID, id)
	r.int(colNumber, int64(i+1))
	r.micros(colTime, micros(e.Time))
	switch a := e.Assisted; t {
	case legs:
		r.leg(e, &a.Legs[i])
	case decisions:
		r.decision(&a.Decisions[i])
	case views:
		v := &a.Views[i]
		r.text(colPart, v.Part)
		r.length(colAgeSeconds, v.Age)
		r.length(colTookSeconds, v.Took)
		r.bool(colFound, v.Found)
	default:
		reply := &a.Thread.Replies[i]
		r.length(colAfterSeconds, reply.After)
		r.length(colOpenSeconds, reply.Open)
	}
}

func (r *row) leg(e *event.Event, l *event.Leg) {
	r.text(colQueue, l.Queue)
	r.bool(colQueued, l.Queued)
	r.bool(colAnswered, l.Answered)
	r.bool(colBot, l.Bot)
	r.text(colAgent, l.Agent)
	r.micros(colStarted, micros(e.Time.Add(time.Duration(l.Start))))
	r.length(colStartSeconds, l.Start)
	r.length(colWaitSeconds, l.Wait)
	r.length(colRingSeconds, l.Ring)
	r.length(colTalkSeconds, l.Talk)
	r.length(colHoldSeconds, l.Hold)
	r.length(colWrapSeconds, l.Wrap)
	r.int(colHolds, int64(l.Holds))
	r.text(colLegEnd, l.End.String())
	r.bool(colWarm, l.Warm)
}

func (r *row) decision(d *event.Decision) {
	r.text(colDecision, d.What)
	if m := d.Amount; m != nil {
		r.int(colAmount, m.Amount)
		r.given(colAmountCurrency, m.Currency)
	}
	if m := d.Limit; m != nil {
		r.int(colLimitAmount, m.Amount)
		r.given(colLimitCurrency, m.Currency)
	}
	r.bool(colApproval, d.Approval)
	r.text(colApprover, d.Approver)
	r.length(colApprovalSeconds, d.Waited)
	r.bool(colRefused, d.Refused)
	r.text(colPath, d.Path)
	if len(d.Skipped) > 0 {
		skipped := slices.Clone(d.Skipped)
		for i := range skipped {
			skipped[i] = clean(skipped[i])
		}
		list, _ := json.Marshal(skipped) //nolint:errchkjson // a list of texts is always JSON
		r.given(colSkipped, string(list))
	}
}
