package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/internal/leased"
)

// The times of the life of a breakdown.
const (
	holds  = 28 * 24 * time.Hour // how long what mended it has to hold
	calms  = 3 * 24 * time.Hour  // how long the charts are usual before that is told, and before what they show again has returned
	lasts  = 14 * 24 * time.Hour // for how long the charts are usual before a matter that was dismissed is raised again
	news   = 28 * 24 * time.Hour // how long an improvement is news
	vain   = 15 * 24 * time.Hour // after the mending: the 14 whole days that follow its day are over
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
	lost map[string]bool // those whose charts say nothing
	// loading is the error of charts that are not loaded yet.
	loading error
}

// refresh finds what the charts show now, and does what follows from it. An error is one of the store or of the client; those of the plan's
// functions are told. The error is insight.ErrLoading where everything else is done, and the charts are not loaded yet.
func (w *Watch) refresh(ctx context.Context, epoch int64) error {
	now, err := w.record.Ask(ctx)
	if err != nil {
		return err
	}
	b := &book{store: w.store, namespace: w.namespace, journey: w.plan.Journey.Name(), epoch: epoch}
	err = b.read(ctx)
	if w.newest = max(w.newest, b.newest); err != nil {
		return err
	}
	if err := b.save(ctx); err != nil { // with this instance's epoch
		return err
	}
	r := &refresh{w: w, book: b, now: now.Truncate(time.Microsecond).UTC(), seen: map[string]bool{}, lost: map[string]bool{}}
	if err := r.perform(ctx, false); err != nil { // the steps that another instance has left
		return err
	}
	if err := r.moved(ctx); err != nil {
		return err
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx) //nolint:wrapcheck // the watch's own
	}
	if err := b.save(ctx); err != nil {
		return err
	}
	r.drops()
	if err := r.perform(ctx, true); err != nil {
		return err
	}
	r.forget()
	w.counts.show(b, w.plan.Journey, r.now)
	if err := b.save(ctx); err != nil {
		return err
	}
	return r.loading
}

// look looks at the charts. Where they cannot be looked at, only time passes: a promise may be broken meanwhile.
func (r *refresh) look(ctx context.Context) error {
	answer, err := r.find(ctx)
	if err != nil {
		if r.loading = err; !errors.Is(err, insight.ErrLoading) {
			r.loading = nil
			r.w.tell(err)
		}
		for _, e := range r.book.sorted() {
			if e.active() && e.Graded {
				r.promises(e)
			}
		}
		return nil
	}
	r.match(&answer)
	if err := r.book.save(ctx); err != nil { // whatever placing takes
		return err
	}
	if err := r.place(ctx); err != nil {
		return err
	}
	for _, e := range r.book.sorted() {
		if ctx.Err() == nil {
			r.live(ctx, e)
		}
	}
	return nil
}

// drops tells what could not be told for so long that it is given up.
func (r *refresh) drops() {
	for _, e := range r.book.sorted() {
		for _, do := range e.dropped {
			r.w.tell(fmt.Errorf("the breakdown %s has more than %d things to tell: %q is given up", e.ID, maxPending, strings.TrimPrefix(do, doTell)))
		}
		e.dropped = nil
	}
}

// asks returns what is open: the first subject of each breakdown, and then those that show the same, with the baseline that stays.
func (r *refresh) asks() (open []breakdown.Open) {
	taken := map[matter]bool{}
	add := func(e *entry, m matter) {
		if !taken[m] {
			taken[m] = true
			open = append(open, breakdown.Open{
				Subject: m.Subject, Better: m.better, BaselineFrom: e.Found.BaselineFrom, BaselineUntil: e.Found.BaselineUntil, Since: e.anew(),
			})
		}
	}
	var all []*entry
	for _, e := range r.book.sorted() {
		if e.open() {
			all = append(all, e)
			add(e, e.first())
		}
	}
	for _, e := range all {
		e.matters(func(m matter) { add(e, m) })
	}
	return open
}

// find asks the plan for the findings.
func (r *refresh) find(ctx context.Context) (answer breakdown.Findings, err error) {
	open := r.asks()
	err = guarded("Find", func() error {
		answer, err = r.w.plan.Find(ctx, open)
		return err
	})
	if err != nil {
		return answer, fmt.Errorf("find: %w", err)
	}
	if ctx.Err() != nil {
		return answer, fmt.Errorf("find: %w", context.Cause(ctx))
	}
	answer.Found, answer.Open = slices.Clone(answer.Found), slices.Clone(answer.Open)
	for i := range answer.Found {
		sane(&answer.Found[i])
	}
	for i := range answer.Open {
		if s := answer.Open[i].Shown; s != nil {
			is := *s
			sane(&is)
			answer.Open[i].Shown = &is
		}
	}
	return answer, nil
}

// sane makes numbers 0 that the store cannot keep.
func sane(f *breakdown.Found) {
	b, s := &f.Before, &f.Since
	for _, v := range []*float64{&f.P, &f.Excess, &f.PerDay, &b.Value, &b.Low, &b.High, &s.Value, &s.Low, &s.High} {
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			*v = 0
		}
	}
}

// match continues the breakdowns that the findings belong to, and opens those that are new. The numbers of a breakdown are those of its first subject alone: what shows the
// same keeps it going, and so does a drift. A drift that belongs to none is no breakdown.
func (r *refresh) match(answer *breakdown.Findings) {
	of := map[matter][]*entry{}
	for _, e := range r.book.sorted() {
		e.matters(func(m matter) {
			if !slices.Contains(of[m], e) {
				of[m] = append(of[m], e)
			}
		})
	}
	standings := map[matter]*breakdown.Standing{}
	for i := range answer.Open {
		s := &answer.Open[i]
		standings[matter{s.Subject, s.Better}] = s
	}
	for _, e := range r.book.sorted() {
		if s := standings[e.first()]; s != nil && e.open() {
			r.lost[e.ID] = !s.Known
			if s.Shown != nil {
				r.seen[e.ID] = true
				e.shows(*s.Shown)
			}
		}
	}
	for i := range answer.Found {
		r.matchOne(&answer.Found[i], of)
	}
}

// matchOne continues the breakdowns of the finding, or opens one.
func (r *refresh) matchOne(f *breakdown.Found, of map[matter][]*entry) {
	known := false
	mattersOf(f, func(m matter) {
		for _, e := range of[m] {
			known, r.seen[e.ID] = true, true
			if e.First == f.Subject {
				e.shows(*f)
			}
			e.covers(f)
		}
	})
	if known || f.Drift {
		return
	}
	e := r.begin(f)
	e.covers(f)
	e.matters(func(m matter) { of[m] = append(of[m], e) })
	r.seen[e.ID] = true
}

// begin opens a breakdown.
func (r *refresh) begin(f *breakdown.Found) *entry {
	e := &entry{
		ID: ID(r.w.namespace, f.Subject, f.Better, f.Last), First: f.Subject, Found: *f, Stage: Found, StageAt: r.now, Opened: r.now, FoundAt: r.now, Since: r.now,
		Earlier: r.book.past[matter{f.Subject, f.Better}].ID,
	}
	if e.shows(*f); f.Better {
		e.Stage, e.Graded = Improved, true
	}
	if e.Earlier == e.ID { // it ended on the day on which it was found
		e.ID = ID(r.w.namespace+"\x00"+e.Earlier, f.Subject, f.Better, f.Last)
	}
	r.book.entries[e.ID] = e
	e.todo(pending{Do: doFind, At: r.now})
	e.todo(pending{Do: doTell + string(NewsFound), At: r.now})
	return e
}

// placedAtOnce is how many breakdowns are placed before that is saved.
const placedAtOnce = 16

// place asks where the breakdowns are that the charts show, once for each day, those that cost most first.
func (r *refresh) place(ctx context.Context) error {
	all := slices.DeleteFunc(r.book.sorted(), func(e *entry) bool { return !r.seen[e.ID] || !e.open() || e.PlacedOn.Equal(e.Found.Last) })
	slices.SortStableFunc(all, func(x, y *entry) int {
		a, b := x.status(), y.status()
		return dearer(&a, &b)
	})
	for batch := range slices.Chunk(all, placedAtOnce) {
		for _, e := range batch {
			if ctx.Err() == nil {
				r.placeOne(ctx, e)
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx) //nolint:wrapcheck // the watch's own
		}
		if err := r.book.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *refresh) placeOne(ctx context.Context, e *entry) {
	if r.w.plan.Place != nil {
		var p Placement
		err := guarded("Place", func() (err error) {
			p, err = r.w.plan.Place(ctx, e.Found)
			return err
		})
		if err != nil {
			r.w.tell(fmt.Errorf("place the breakdown %s: %w", e.ID, err))
			return
		}
		p.Placed = slices.Clone(p.Placed[:min(len(p.Placed), event.MaxPlaced)])
		e.Placement = p
	}
	e.PlacedOn = e.Found.Last
}

// live does what follows for one breakdown from what the charts show, and from the time. A chart that says nothing is neither worse nor usual.
func (r *refresh) live(ctx context.Context, e *entry) {
	shown, lost := r.seen[e.ID], r.lost[e.ID]
	mended := rank(e.Stage) >= rank(Mended)
	returned := shown && e.Calm && mended
	still := shown && !e.Calm && mended && r.now.Sub(e.Mended) >= vain
	switch {
	case shown:
		e.Usual, e.Calm = time.Time{}, false
	case lost:
		e.Usual = time.Time{}
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
	case returned, still:
		r.reopen(e, still)
	default:
		r.grade(e)
		r.compare(ctx, e)
		r.promises(e)
		r.close(e)
	}
}

// liveBetter closes an improvement that is no news any more, or that is over.
func (r *refresh) liveBetter(e *entry) {
	switch {
	case r.now.Sub(e.Opened) >= news:
		r.end(e, Held)
	case e.Calm:
		r.end(e, Subsided)
	}
}

// reopen finds the breakdown again: the charts show it again, or still.
func (r *refresh) reopen(e *entry, still bool) {
	if is := r.w.plan.Journey.Severity(e.perDay()); r.w.plan.Journey.higher(is, e.Severity) {
		e.Severity = is
	}
	if !still {
		e.Anew = e.Mended
	}
	e.found(r.w.plan.Journey, r.now)
	e.todo(pending{Do: doReopen, At: r.now})
	e.todo(pending{Do: doTell + string(NewsReturned), At: r.now, Still: still})
}

// perDay returns the customers in excess by a day that counts, and the events where the customers are not known.
func (e *entry) perDay() float64 {
	days := e.Found.Days
	if days == 0 { // a Find that does not say which days count
		days = int(math.Round(e.Found.Last.Sub(e.Found.Began).Hours()/24)) + 1
	}
	if e.Customers > 0 && days > 0 {
		return float64(e.Customers) / float64(days)
	}
	return e.Found.PerDay
}

// grade sets the severity, which never becomes lower.
func (r *refresh) grade(e *entry) {
	j := r.w.plan.Journey
	is, first := j.Severity(e.perDay()), !e.Graded
	e.Graded = true
	higher := j.higher(is, e.Severity)
	if higher {
		e.Severity = is
	}
	if higher || first {
		e.due(j)
	}
	if !higher || first || rank(e.Stage) >= rank(Mended) { // the first step says it
		return
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
		err := guarded("Compare", func() error {
			shares, err := r.w.plan.Compare(ctx, Change{
				Subject: e.First, From: e.Found.Began, Mended: e.Mended, Until: r.now, BaselineFrom: e.Found.BaselineFrom, BaselineUntil: e.Found.BaselineUntil,
			})
			c.Before, c.After, c.Difference = shares.Before, shares.After, shares.difference()
			return err
		})
		if err != nil {
			r.w.tell(fmt.Errorf("compare the breakdown %s: %w", e.ID, err))
			return
		}
		if e.Looked = due; c.Difference.OK() { // else there are too few
			e.Compared = c
			e.todo(pending{Do: doTell + string(NewsCompared), At: r.now})
		}
	}
	if e.Stage == Mended && e.Calm && !r.lost[e.ID] && e.Compared.Helped() {
		e.move(Verified, r.now)
		e.todo(pending{Do: doVerify, At: r.now})
		e.todo(pending{Do: doTell + string(NewsVerified), At: r.now})
	}
}

// promises reports up the promises that are broken, but for those of a breakdown that the charts do not show any more.
func (r *refresh) promises(e *entry) {
	for _, p := range r.w.plan.Journey.Promises(e.Severity) {
		if !e.late(p.Name, r.now) || slices.Contains(e.Reported, p.Name) {
			continue
		}
		e.Reported = append(e.Reported, p.Name)
		if r.w.plan.ReportUp != nil {
			e.todo(pending{Do: doReport, At: r.now, Promise: p.Name, Due: e.Due[p.Name]})
		}
	}
}

// late reports whether the promise was due and is not kept.
func (e *entry) late(promise string, now time.Time) bool {
	due := e.Due[promise]
	return !e.Calm && rank(e.Stage) < rank(promise) && !due.IsZero() && now.After(due)
}

// close closes what is verified and has held, and what became usual for as long without a mending and without a step of a person.
func (r *refresh) close(e *entry) {
	if e.Stage == Mended || !e.Calm || e.Usual.IsZero() {
		return
	}
	cause, since := Held, e.Mended
	if e.Stage != Verified {
		cause, since = Subsided, e.StageAt
	}
	if e.Usual.After(since) {
		since = e.Usual
	}
	if r.now.Sub(since) >= holds {
		r.end(e, cause)
	}
}

func (r *refresh) end(e *entry, cause string) {
	e.Ended, e.Cause = r.now, cause
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
