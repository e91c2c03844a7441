package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/leased"
	"cairncx.dev/cairn/journey"
)

// The times of the life of a breakdown.
const (
	holds  = 28 * 24 * time.Hour // how long what mended it has to hold
	calms  = 3 * 24 * time.Hour  // how long the charts are usual before that is told, and before what they show again has returned
	lasts  = 14 * 24 * time.Hour // for how long the charts are usual before a matter that was dismissed is raised again
	news   = 28 * 24 * time.Hour // how long an improvement is news
	dayLen = 24 * time.Hour
)

// compareAfter returns the days after the mending on which the breakdown is compared.
func compareAfter() []int { return []int{7, 14, 28} }

// refresh is one look at the charts, by the instance that has the lease.
type refresh struct {
	w    *Watch
	book *book
	now  time.Time
	seen map[string]bool // the breakdowns that the charts show
}

// refresh finds what the charts show now, and does what follows from it. An error is one of the store or of the client; those of the plan's
// functions are told.
func (w *Watch) refresh(ctx context.Context, epoch int64) error {
	now, err := w.record.Ask(ctx)
	if err != nil {
		return err
	}
	b := &book{store: w.store, namespace: w.namespace, journey: w.plan.Journey.Name(), epoch: epoch}
	if err := b.read(ctx); err != nil {
		return err
	}
	if err := b.save(ctx); err != nil { // with this instance's epoch
		return err
	}
	r := &refresh{w: w, book: b, now: now.Truncate(time.Microsecond).UTC(), seen: map[string]bool{}}
	if err := r.perform(ctx); err != nil { // what another instance has left
		return err
	}
	if err := r.moved(ctx); err != nil {
		return err
	}
	list, err := r.find(ctx)
	if err != nil {
		w.tell(err)
		w.counts.show(b, w.plan.Journey, r.now)
		return nil
	}
	r.match(list)
	r.place(ctx)
	for _, e := range b.sorted() {
		r.live(ctx, e)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) //nolint:wrapcheck // the watch's own
	}
	if err := b.save(ctx); err != nil {
		return err
	}
	if err := r.perform(ctx); err != nil {
		return err
	}
	r.forget()
	w.counts.show(b, w.plan.Journey, r.now)
	return b.save(ctx)
}

// find asks the plan for the findings. What is a drift is no breakdown.
func (r *refresh) find(ctx context.Context) (list []breakdown.Found, err error) {
	var open []breakdown.Found
	for _, e := range r.book.sorted() {
		if e.open() {
			open = append(open, e.Found)
		}
	}
	err = guarded("Find", func() error {
		list, err = r.w.plan.Find(ctx, open)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find: %w", err)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("find: %w", context.Cause(ctx))
	}
	list = slices.DeleteFunc(slices.Clone(list), func(f breakdown.Found) bool { return f.Drift })
	for i := range list {
		sane(&list[i])
	}
	return list, nil
}

// sane makes numbers 0 that the store cannot keep.
func sane(f *breakdown.Found) {
	b, s := &f.Before, &f.Since
	for _, v := range []*float64{&f.P, &f.Excess, &f.PerDay, &b.Value, &b.Low, &b.High, &s.Value, &s.Low, &s.High} {
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			*v = 0
		}
	}
	f.Began, f.Last, f.BaselineFrom, f.BaselineUntil = f.Began.UTC(), f.Last.UTC(), f.BaselineFrom.UTC(), f.BaselineUntil.UTC()
}

// match continues the breakdowns that the findings belong to, and opens those that are new. A finding of the same subject has the numbers; one
// that shows the same has them where there is none.
func (r *refresh) match(list []breakdown.Found) {
	of := map[matter][]*entry{}
	for _, e := range r.book.sorted() {
		e.matters(func(m matter) {
			if !slices.Contains(of[m], e) {
				of[m] = append(of[m], e)
			}
		})
	}
	exact := map[string]bool{}
	for i := range list {
		f := &list[i]
		for _, e := range of[matter{f.Subject, f.Better}] {
			if e.First == f.Subject && !exact[e.ID] {
				exact[e.ID] = true
				e.Found = *f
			}
		}
	}
	for i := range list {
		f := &list[i]
		known := false
		mattersOf(f, func(m matter) {
			for _, e := range of[m] {
				known = true
				if !r.seen[e.ID] && !exact[e.ID] {
					e.Found = *f
				}
				r.seen[e.ID] = true
				e.covers(f)
			}
		})
		if known {
			continue
		}
		e := r.begin(f)
		e.covers(f)
		e.matters(func(m matter) { of[m] = append(of[m], e) })
		r.seen[e.ID], exact[e.ID] = true, true
	}
}

// begin opens a breakdown.
func (r *refresh) begin(f *breakdown.Found) *entry {
	e := &entry{
		ID: ID(r.w.namespace, f.Subject, f.Better, f.Last), First: f.Subject, Found: *f, Stage: Found, StageAt: r.now, Opened: r.now, FoundAt: r.now,
		Earlier: r.book.past[matter{f.Subject, f.Better}].ID,
	}
	if f.Better {
		e.Stage = Improved
	}
	if e.Earlier == e.ID { // it ended on the day on which it was found
		e.ID = ID(r.w.namespace+"\x00"+e.Earlier, f.Subject, f.Better, f.Last)
	}
	r.book.entries[e.ID] = e
	e.todo(pending{Do: doFind, At: r.now})
	e.todo(pending{Do: doTell + string(NewsFound), At: r.now})
	return e
}

// place asks where the breakdowns are that the charts show, once for each day.
func (r *refresh) place(ctx context.Context) {
	for _, e := range r.book.sorted() {
		if !r.seen[e.ID] || !e.open() || e.PlacedOn.Equal(e.Found.Last) || ctx.Err() != nil {
			continue
		}
		if r.w.plan.Place != nil {
			var p Placement
			err := guarded("Place", func() (err error) {
				p, err = r.w.plan.Place(ctx, e.Found)
				return err
			})
			if err != nil {
				r.w.tell(fmt.Errorf("place the breakdown %s: %w", e.ID, err))
				continue
			}
			p.Placed = slices.Clone(p.Placed[:min(len(p.Placed), event.MaxPlaced)])
			e.Placement = p
		}
		e.PlacedOn = e.Found.Last
	}
}

// live does what follows for one breakdown from what the charts show, and from the time.
func (r *refresh) live(ctx context.Context, e *entry) {
	shown := r.seen[e.ID]
	returned := shown && e.Calm && rank(e.Stage) >= rank(Mended)
	switch {
	case shown:
		e.Usual, e.Calm = time.Time{}, false
	case e.Usual.IsZero():
		e.Usual = r.now
	case !e.Calm && r.now.Sub(e.Usual) >= calms:
		if e.Calm = true; e.open() {
			e.todo(pending{Do: doTell + string(NewsUsual), At: r.now})
		}
	}
	switch {
	case !e.open():
	case e.Found.Better:
		r.liveBetter(e)
	case returned:
		r.reopen(e)
	default:
		r.grade(e)
		r.compare(ctx, e)
		r.promises(e)
		r.close(e)
	}
}

// liveBetter closes an improvement that is no news any more, or that is over.
func (r *refresh) liveBetter(e *entry) {
	if e.Calm || r.now.Sub(e.Opened) >= news {
		r.end(e)
	}
}

// reopen finds the breakdown again.
func (r *refresh) reopen(e *entry) {
	e.move(Found, r.now)
	e.FoundAt, e.Mended, e.Compared, e.Looked, e.Reported = r.now, time.Time{}, nil, 0, nil
	e.Severity = r.w.plan.Journey.Severity(e.perDay())
	e.todo(pending{Do: doReopen, At: r.now})
	e.todo(pending{Do: doTell + string(NewsReturned), At: r.now})
}

// perDay returns the customers a day in excess, and the events where the customers are not known.
func (e *entry) perDay() float64 {
	if days := math.Round(e.Found.Last.Sub(e.Found.Began).Hours()/24) + 1; e.Customers > 0 && days >= 1 {
		return float64(e.Customers) / days
	}
	return e.Found.PerDay
}

// grade sets the severity, which never becomes lower.
func (r *refresh) grade(e *entry) {
	j := r.w.plan.Journey
	is := j.Severity(e.perDay())
	if !j.higher(is, e.Severity) {
		return
	}
	began := slices.ContainsFunc(e.Pending, func(p pending) bool { return p.Do == doFind && p.At.Equal(r.now) }) // no instance has recorded it yet
	if e.Severity = is; began || rank(e.Stage) >= rank(Mended) {
		return // the first step says it
	}
	e.todo(pending{Do: doEscalate, At: r.now})
	e.todo(pending{Do: doTell + string(NewsWorse), At: r.now})
}

// compare compares a breakdown that was mended, and verifies it if the change has helped and the charts are usual.
func (r *refresh) compare(ctx context.Context, e *entry) {
	if r.w.plan.Compare == nil || e.Mended.IsZero() || rank(e.Stage) < rank(Mended) || ctx.Err() != nil {
		return
	}
	due := 0
	for _, days := range compareAfter() {
		if r.now.Sub(e.Mended) >= time.Duration(days)*dayLen {
			due = days
		}
	}
	if due > e.Looked {
		c := &Comparison{At: r.now}
		err := guarded("Compare", func() (err error) {
			c.Before, c.After, err = r.w.plan.Compare(ctx, Change{Subject: e.First, From: e.Found.Began, Mended: e.Mended, Until: r.now})
			return err
		})
		if err != nil {
			r.w.tell(fmt.Errorf("compare the breakdown %s: %w", e.ID, err))
			return
		}
		c.Difference = score.Shares(c.After, c.Before, 0.95)
		if e.Looked = due; c.Difference.OK() { // else there are too few
			e.Compared = c
			e.todo(pending{Do: doTell + string(NewsCompared), At: r.now})
		}
	}
	if e.Stage == Mended && e.Calm && e.Compared.Helped() {
		e.move(Verified, r.now)
		e.todo(pending{Do: doVerify, At: r.now})
		e.todo(pending{Do: doTell + string(NewsVerified), At: r.now})
	}
}

// promises reports up the promises that are broken.
func (r *refresh) promises(e *entry) {
	for _, p := range r.w.plan.Journey.Promises(e.Severity) {
		if !e.late(&p, r.now) || slices.Contains(e.Reported, p.Name) {
			continue
		}
		e.Reported = append(e.Reported, p.Name)
		if r.w.plan.ReportUp != nil {
			e.todo(pending{Do: doReport, At: r.now, Promise: p.Name, Due: p.Due(e.FoundAt)})
		}
	}
}

// late reports whether the promise was due and is not kept.
func (e *entry) late(p *journey.Promised, now time.Time) bool {
	return rank(e.Stage) < rank(p.Name) && now.After(p.Due(e.FoundAt))
}

// close closes what is verified and has held.
func (r *refresh) close(e *entry) {
	if e.Stage != Verified || !e.Calm {
		return
	}
	since := e.Usual
	if e.Mended.After(since) {
		since = e.Mended
	}
	if r.now.Sub(since) >= holds {
		r.end(e)
	}
}

func (r *refresh) end(e *entry) {
	e.Ended, e.Cause = r.now, Held
	e.todo(pending{Do: doClose, At: r.now})
	e.todo(pending{Do: doTell + string(NewsClosed), At: r.now})
}

// forget forgets what ended, once the charts have been usual for a while: until then its matter is not raised again.
func (r *refresh) forget() {
	for _, e := range r.book.sorted() {
		if !e.open() && len(e.Pending) == 0 && !e.Usual.IsZero() && r.now.Sub(e.Usual) >= lasts {
			r.book.forget(e)
		}
	}
	for m, p := range r.book.past {
		if r.now.Sub(p.Ended) >= remembered {
			delete(r.book.past, m)
		}
	}
}

// lost reports whether the error says that another instance has taken over.
func lost(err error) bool { return errors.Is(err, leased.ErrLost) }
