package watch

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
)

// flushTime bounds one wait for steps.
const flushTime = time.Minute

// atOnce bounds the breakdowns whose steps are on their way to the store at once.
const atOnce = 128

// hookTime bounds one call of a hook.
const hookTime = 30 * time.Second

// perform does what there is to do. First it records steps, and waits until they are in the store; then it tells, if it is to. A step that fails, or that was
// cut off when an instance was killed, is done again at the next refresh under the same names, so that a step counts once.
func (r *refresh) perform(ctx context.Context, tells bool) error {
	var todo []*entry
	for _, e := range r.book.sorted() {
		if len(e.Pending) > 0 && e.Graded {
			todo = append(todo, e)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	for batch := range slices.Chunk(todo, atOnce) {
		if ctx.Err() != nil {
			return context.Cause(ctx) //nolint:wrapcheck // the watch's own
		}
		in := cx.NewContext(ctx, r.w.plan.Client)
		for _, e := range batch {
			for i := range e.Pending {
				if p := &e.Pending[i]; p.step() {
					r.record(in, e, p)
				}
			}
		}
		safe := r.flush(ctx, batch)
		for _, e := range batch {
			e.Pending = slices.DeleteFunc(e.Pending, func(p pending) bool {
				if p.step() {
					return safe
				}
				return tells && r.told(ctx, e, &p)
			})
		}
	}
	return r.book.save(ctx)
}

// flush waits until the steps are in the store and exported. They are recorded again where that is not certain.
func (r *refresh) flush(ctx context.Context, batch []*entry) bool {
	if !slices.ContainsFunc(batch, func(e *entry) bool { return slices.ContainsFunc(e.Pending, func(p pending) bool { return p.step() }) }) {
		return true
	}
	within, cancel := context.WithTimeout(ctx, flushTime)
	defer cancel()
	err := r.w.plan.Client.Flush(within)
	if err != nil && ctx.Err() == nil {
		r.w.tell(fmt.Errorf("steps of %d breakdowns may not be safe, and are recorded again: %w", len(batch), err))
	}
	return err == nil
}

// record records a step.
func (r *refresh) record(ctx context.Context, e *entry, p *pending) {
	is := e.status()
	j, d := r.w.plan.Journey, is.Details()
	opts := []StepOption{At(p.At), By(event.ActorAutomation), once(p.Do + "/" + strconv.Itoa(p.N))}
	if p.Do == doFind {
		j.Find(ctx, e.ID, d, opts...)
		return
	}
	ctx = j.Resume(ctx, e.ID)
	all := append([]StepOption{Details(d)}, opts...)
	switch p.Do {
	case doReopen:
		j.Reopen(ctx, d, opts...)
	case doEscalate:
		j.Escalate(ctx, d, e.Since, opts...)
	case doPromise:
		j.again(ctx, e.Stage, d, e.Since, opts...)
	case doMend:
		j.Mend(ctx, all...)
	case doVerify:
		j.Verify(ctx, all...)
	case doClose:
		j.Close(ctx, append(all, endedFor(e.Cause))...)
	}
}

// told tells, and reports whether that is done.
func (r *refresh) told(ctx context.Context, e *entry, p *pending) bool {
	sum := digest("cairn.breakdown.told.1", e.ID, p.Do, strconv.Itoa(p.N))
	id := hex.EncodeToString(sum[:16])
	within, cancel := context.WithTimeoutCause(ctx, hookTime, fmt.Errorf("the hook has taken longer than %v", hookTime))
	defer cancel()
	err := guarded("the hook", func() error {
		switch kind, news := strings.CutPrefix(p.Do, doTell); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case news && r.w.plan.Tell != nil:
			return r.w.plan.Tell(within, News{ID: id, Kind: Kind(kind), Status: e.status(), Still: p.Still})
		case p.Do == doReport && r.w.plan.ReportUp != nil:
			s := e.status()
			return r.w.plan.ReportUp(within, Overdue{ID: id, Status: s, Promise: p.Promise, Due: p.Due, Lasted: s.Age(r.now)})
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		r.w.tell(fmt.Errorf("tell of the breakdown %s: %w", e.ID, err))
	}
	return err == nil
}
