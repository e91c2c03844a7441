package sqlarchive

import (
	"context"
	"errors"

	"cairncx.dev/cairn/cx/event"
)

// Scan calls each with every event that arrived since s.Since, and returns the cursor for the next scan. The scans of one epoch give
// each event exactly once, in any order. It is the method of that name of a source of cx/insight.
//
// The events have what is in columns: no words of customers, no notes, no employee, no address, no grant and no trace, and of the
// caller's attributes those in s.Attributes. An event has the customer that it names itself. The fields that only some kinds have are those of these
// kinds: the version, the start and the value of a run are those of transitions. A text has U+FFFD in place of NUL, times and durations are
// to the microsecond, and a detail in which nothing is set is nil. The event and the data behind its pointers are overwritten by the next event; strings
// and lists of texts do not change.
//
// In PostgreSQL a later batch can be committed before an earlier one. Scan therefore reads the rows of transactions that are older than
// the oldest one in flight, in any database of the server. Cursor.Held says since when later events wait for that one. Rows from before
// version 6, and rows that pg_dump has brought from another server, are read at once.
//
// The epoch changes when [Archive.Forget] or [Archive.ForgetEmployee] has erased something, and when the tables are others: restored,
// on another server, or on one that has taken over. [Archive.Prune] does not change it.
//
// The error of each is returned unchanged. With an error, the cursor is s.Since, and the next scan gives the events again.
func (r *Reader) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	return r.scan(ctx, &scan{s: s, each: each, b: newBuilder(s.Attributes)})
}

// Resumes reports whether a scan now would go on from the cursor: nothing was erased since, and the tables are the same. It reads no event. It is the method of that name
// of a source of cx/insight, and may be called while a scan gives events.
func (r *Reader) Resumes(ctx context.Context, since event.Cursor) (bool, error) {
	cursor, err := r.scan(ctx, &scan{s: event.Scan{Since: since}, b: newBuilder(nil), probes: true})
	return err == nil && since.Position != "" && cursor.Epoch == since.Epoch, err
}

func (r *Reader) scan(ctx context.Context, run *scan) (event.Cursor, error) {
	use := r.scanPostgres
	if r.lite {
		use = r.scanSQLite
	}
	cursor, err := use(ctx, run)
	if run.stopped != nil {
		return run.s.Since, run.stopped
	}
	if err != nil {
		return run.s.Since, dumped(r.what, caused(ctx, err))
	}
	return cursor, nil
}

// Distinct returns true: an archive has each event once, and a scan never gives one twice within an epoch. It is the method of that name of a source
// of cx/insight.
func (*Reader) Distinct() bool { return true }

// scan is one call of Scan.
type scan struct {
	s       event.Scan
	each    func(*event.Event) error
	stopped error // the error of each
	probes  bool  // it ends before the first event, with the epoch
	b       *builder

	d       details
	pending []*contact // touchpoints with people whose lists are not read yet
	free    []*contact
	at      map[event.ID]*contact
}

// contact is a touchpoint with people.
type contact struct {
	details

	assisted event.Assisted
	thread   event.Thread
}

// pageRows is after how many touchpoints the lists of contacts are read.
const pageRows = 4096

// rowReader reads rows into the values of the builder.
type rowReader interface {
	// rows calls each for every row of the query. Each may not query.
	rows(ctx context.Context, query string, args []string, columns []column, each func() error) error
	// pages is rows. It also calls full after pageRows rows or fewer, and after the last row. Full may query.
	pages(ctx context.Context, query string, args []string, columns []column, each, full func() error) error
	// inList returns the condition that the ID in the column touchpoint_id is in the first argument, and that argument.
	inList(ids []*contact) (condition, arg string)
	// attributes returns the expression of the attributes of an event.
	attributes() string
}

// table reads the rows of one table of events. Where has the conditions.
func (run *scan) table(ctx context.Context, t table, in rowReader, prefix, where string, args []string) error {
	columns := t.scanned()
	list := selected(columns)
	if len(run.s.Attributes) > 0 {
		columns = append(columns, colEvent)
		list += ", " + in.attributes()
	}
	query := "SELECT " + list + " FROM " + prefix + t.String() + where
	run.b.values = [numColumns]value{}
	if t != touchpoints {
		return in.rows(ctx, query, args, columns, func() error {
			if err := run.b.build(t, &run.d); err != nil {
				return err
			}
			return run.give(&run.d.e)
		})
	}
	return in.pages(ctx, query, args, columns, func() error {
		if run.b.values[colLegs].ok {
			return run.hold()
		}
		if err := run.b.build(t, &run.d); err != nil {
			return err
		}
		return run.give(&run.d.e)
	}, func() error { return run.contacts(ctx, in, prefix) })
}

// give calls each.
func (run *scan) give(e *event.Event) error {
	if err := run.each(e); err != nil {
		run.stopped = err
		return err
	}
	return nil
}

// hold keeps a contact until its lists are read.
func (run *scan) hold() error {
	var c *contact
	if n := len(run.free); n > 0 {
		c, run.free = run.free[n-1], run.free[:n-1]
	} else {
		c = &contact{}
	}
	if err := run.b.build(touchpoints, &c.details); err != nil {
		return err
	}
	b, v := run.b, &run.b.values
	a := &c.assisted
	*a = event.Assisted{
		Legs: a.Legs[:0], Decisions: a.Decisions[:0], Views: a.Views[:0],
		Disposition: v[colDisposition].s, Line: int(v[colLine].n), Claimed: b.names.answers[v[colClaimed].s], Unable: v[colUnable].s,
		Again: b.names.answers[v[colAgain].s], SamePerson: b.names.answers[v[colSamePerson].s], Repeated: int(v[colAskedToRepeat].n),
	}
	if v[colReplies].ok {
		c.thread = event.Thread{
			Replies: c.thread.Replies[:0], BotReplies: int(v[colBotReplies].n), Waited: v[colWaitedSeconds].length(), WaitedOpen: v[colWaitedOpenSeconds].length(),
			Unanswered: v[colUnanswered].is(),
		}
		a.Thread = &c.thread
	}
	c.e.Assisted = a
	run.pending = append(run.pending, c)
	return nil
}

// contacts reads the lists of the contacts that are held, and gives the contacts.
func (run *scan) contacts(ctx context.Context, in rowReader, prefix string) error {
	if len(run.pending) == 0 {
		return nil
	}
	if run.at == nil {
		run.at = make(map[event.ID]*contact, pageRows)
	}
	clear(run.at)
	for _, c := range run.pending {
		run.at[c.e.ID] = c
	}
	condition, arg := in.inList(run.pending)
	for t := legs; t < numTables; t++ {
		columns := t.listColumns()
		query := "SELECT " + selected(columns) + " FROM " + prefix + t.String() + " WHERE " + condition + " ORDER BY touchpoint_id, number"
		err := in.rows(ctx, query, []string{arg}, columns, func() error {
			if c := run.at[run.b.values[colTouchpointID].id]; c != nil {
				run.b.listed(t, c)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, c := range run.pending {
		c.finish()
		if err := run.give(&c.e); err != nil {
			return err
		}
	}
	run.free, run.pending = append(run.free, run.pending...), run.pending[:0]
	return nil
}

// listed adds a row of a table of lists to its contact.
func (b *builder) listed(t table, c *contact) {
	v, a := &b.values, &c.assisted
	switch t {
	case legs:
		a.Legs = append(a.Legs, event.Leg{
			Queue: v[colQueue].s, Queued: v[colQueued].is(), Answered: v[colAnswered].is(), Bot: v[colBot].is(), Start: v[colStartSeconds].length(),
			Wait: v[colWaitSeconds].length(), Ring: v[colRingSeconds].length(), Talk: v[colTalkSeconds].length(), Hold: v[colHoldSeconds].length(),
			Wrap: v[colWrapSeconds].length(), Holds: int(v[colHolds].n), End: b.names.legEnds[v[colLegEnd].s], Warm: v[colWarm].is(),
		})
	case decisions:
		d := event.Decision{
			What: v[colDecision].s, Approval: v[colApproval].is(), Approver: v[colApprover].s, Waited: v[colApprovalSeconds].length(), Refused: v[colRefused].is(),
			Path: v[colPath].s, Skipped: b.list(v[colSkipped].s),
		}
		if v[colAmount].ok {
			d.Amount = &event.Money{Amount: v[colAmount].n, Currency: v[colAmountCurrency].s}
		}
		if v[colLimitAmount].ok {
			d.Limit = &event.Money{Amount: v[colLimitAmount].n, Currency: v[colLimitCurrency].s}
		}
		a.Decisions = append(a.Decisions, d)
	case views:
		a.Views = append(a.Views, event.View{Part: v[colPart].s, Age: v[colAgeSeconds].length(), Took: v[colTookSeconds].length(), Found: v[colFound].is()})
	default:
		c.thread.Replies = append(c.thread.Replies, event.Reply{After: v[colAfterSeconds].length(), Open: v[colOpenSeconds].length()})
	}
}

// finish makes the lists without entries nil.
func (c *contact) finish() {
	a := c.assisted
	if len(a.Legs) == 0 {
		a.Legs = nil
	}
	if len(a.Decisions) == 0 {
		a.Decisions = nil
	}
	if len(a.Views) == 0 {
		a.Views = nil
	}
	if a.Thread != nil && len(a.Thread.Replies) == 0 {
		a.Thread.Replies = nil
	}
	c.assisted = a
}

// errCursor is the error for a cursor of the archive's epoch whose position is none of the archive's.
var errCursor = errors.New("the cursor is none that Scan has returned: begin with the zero cursor")
