package track

import (
	"maps"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// since returns when the visit began. A visit does not begin before its run.
func (r *run) since() int64 { return max(r.entered, r.start) }

// leave stalls the visit that is left at this time, if it lasted too long. With decideByEntry pass does so, when no instance
// can have a fact from before any more.
func (r *run) leave(at int64, d *done) {
	if r.decides != decideAtOnce {
		return
	}
	if r.answers.is {
		r.stallUntil(at, d)
		return
	}
	if due := r.stallsAt(); due != 0 && at >= due {
		r.stall(visit{r.cur, r.been[r.cur].visits, r.entered}, due, d)
	}
}

// stallsAt returns when the next visit stalls, or 0 for never. It is the visit that lasts; with decideByEntry it may also be
// one that was left.
func (r *run) stallsAt() int64 {
	if r.decides == decideByEntry || r.answers.is {
		_, due := r.nextStall(math.MaxInt64)
		return due
	}
	if r.cur < 0 || r.been[r.cur].expect <= 0 || r.hasStalled(r.cur, r.been[r.cur].visits) {
		return 0
	}
	return after(r.since(), r.been[r.cur].expect)
}

// stallUntil stalls the visits that lasted too long by then.
func (r *run) stallUntil(by int64, d *done) {
	for {
		v, due := r.nextStall(by)
		if due == 0 {
			return
		}
		r.stall(v, due, d)
	}
}

func (r *run) stall(v visit, due int64, d *done) {
	r.stalls = append(r.stalls, visitKey{uint16(v.stage), v.n})
	name := r.been[v.stage].name
	d.add(effect{
		kind: event.JourneyStalled, at: due, stage: name, visit: v.n,
		left: event.Transition{From: name, Visit: v.n, Entered: at(max(v.entered, r.start))},
	})
}

// nextStall returns the first visit that has lasted for as long as is expected, until by at most, and has not stalled yet,
// and when it stalls. A visit lasts until the next one begins; that in which
// the customer of a follow-up has the answer lasts until it is received again. Due is 0 if there is no such visit.
func (r *run) nextStall(by int64) (v visit, due int64) {
	if !slices.ContainsFunc(r.been, func(s stage) bool { return s.expect > 0 }) {
		return visit{}, 0
	}
	visits := r.visits()
	for k, v := range visits {
		expect := r.been[v.stage].expect
		if expect <= 0 {
			continue
		}
		due := after(max(v.entered, r.start), expect)
		next := r.nextOf(visits, k)
		lasts := next == len(visits) || visits[next].entered >= due
		if lasts && due <= by && !r.hasStalled(v.stage, v.n) {
			return v, due
		}
	}
	return visit{}, 0
}

func (r *run) hasStalled(stage, visit int) bool {
	return len(r.stalls) > 0 && slices.Contains(r.stalls, visitKey{uint16(stage), visit})
}

// here returns where the run is, as what is left when it moves.
func (r *run) here() event.Transition {
	if r.cur < 0 {
		return event.Transition{}
	}
	return event.Transition{From: r.been[r.cur].name, Visit: r.been[r.cur].visits, Entered: at(r.since())}
}

// instant is a time at which something happened in the run, with hints that order it among facts of the very same time.
type instant struct {
	at    int64
	seen  string // the stage where the customer was by what the instance knew that recorded it
	known bool   // that instance knew
	late  bool   // it came after the end
}

// stageAt returns the stage that the customer was in at that time, and the visit to it. The stage is "" where there was none,
// after the end, and where the facts are folded. Of several facts with that time the last one applied holds.
func (r *run) stageAt(at int64) (stage string, visit int) { return r.stageIn(instant{at: at}) }

// stageIn is stageAt for an instant: of several facts with its time, the first one holds after which the customer was where
// the instance saw them.
func (r *run) stageIn(i instant) (stage string, visit int) {
	at := max(i.at, r.start)
	if end, ended := r.endsAt(); ended && (at > end || i.late && at == end) || at < r.floor {
		return "", 0
	}
	for _, v := range r.visits() {
		tie := v.entered == at && i.known && stage == i.seen
		if v.entered > at || tie {
			break
		}
		stage, visit = r.been[v.stage].name, v.n
	}
	return stage, visit
}

// endsAt returns when the run has ended: by time, or by a call, which need not be decided.
func (r *run) endsAt() (at int64, ended bool) {
	switch {
	case r.over:
		return r.ended, true
	case r.ending != nil:
		return r.ending.op.at, true
	default:
		return 0, false
	}
}

// visitAt returns which visit to the stage the customer was in at that time, or had been in last, or 0 where that is not known.
func (r *run) visitAt(stage string, at int64) (visit int) {
	at = max(at, r.start)
	for _, v := range r.visits() {
		if v.entered <= at && r.been[v.stage].name == stage {
			visit = v.n
		}
	}
	return visit
}

// enter applies the fact that the customer was in a stage.
func (r *run) enter(o *op, d *done) {
	i := r.stage(o.stage, o.expect)
	f := fact{o.at, uint16(i)}
	pos := len(r.facts)
	for pos > 0 && r.facts[pos-1].at > f.at {
		pos--
	}
	for k := pos - 1; k >= 0 && r.facts[k].at == f.at; k-- {
		if r.facts[k] == f && (k == pos-1 || pos < len(r.facts) || o.kind == opTouch) {
			return // it is not new: a touchpoint enters its stage when it begins
		}
	}
	switch {
	case f.at < r.floor: // the facts that it would change are folded
	case pos == len(r.facts):
		r.facts = append(r.facts, f)
		if i != r.cur {
			r.leave(f.at, d)
			left := r.here()
			r.cur, r.entered = i, f.at
			r.been[i].visits++
			d.add(effect{kind: event.JourneyStageEntered, at: r.since(), stage: o.stage, visit: r.been[i].visits, left: left})
		}
	default:
		before := r.visits()
		r.facts = slices.Insert(r.facts, pos, f)
		r.recount()
		r.lateEffects(before, d)
		if r.decides == decideAtOnce {
			r.stallUntil(r.entered, d) // visits that turned out to be longer; the last one still lasts
		}
	}
	if len(r.facts) > maxFacts {
		r.fold(maxFacts/2, d)
	}
}

// stage returns the index of the stage in been.
func (r *run) stage(name string, expect time.Duration) int {
	for i := range r.been {
		if r.been[i].name == name {
			if expect > 0 {
				r.been[i].expect = expect
			}
			return i
		}
	}
	r.been = append(r.been, stage{name: name, expect: expect})
	return len(r.been) - 1
}

// visit is one visit to a stage.
type visit struct {
	stage, n int
	entered  int64
}

// visits returns the visits by the facts, in their order, behind the ones that are folded.
func (r *run) visits() []visit {
	var vs []visit
	n := make([]int, len(r.been))
	for i := range r.been {
		n[i] = r.been[i].folded
	}
	for _, f := range r.facts {
		if i := int(f.stage); len(vs) == 0 || vs[len(vs)-1].stage != i {
			n[i]++
			vs = append(vs, visit{i, n[i], f.at})
		}
	}
	return vs
}

// recount works out from the facts where the run is.
func (r *run) recount() {
	r.cur, r.entered = -1, 0
	for i := range r.been {
		r.been[i].visits = r.been[i].folded
	}
	for _, f := range r.facts {
		if i := int(f.stage); i != r.cur {
			r.cur, r.entered = i, f.at
			r.been[i].visits++
		}
	}
}

// lateEffects adds the effects of a fact that was applied late, given the visits before it.
//
// Each new visit is entered once. The end of each visit is reported once too, with the entry of the next one; the end of the
// last visit before, and those of new visits, have not been reported yet. A number once given to a visit is never taken back,
// because a fact only adds visits, but the number may now be that of an earlier visit. As many visits are over now as are new:
// an end that none of the new visits follows is reported beside one of them.
func (r *run) lateEffects(before []visit, d *done) {
	known := map[visitKey]bool{} // whether the end of the visit was reported
	for k, v := range before {
		known[v.key()] = k < len(before)-1
	}
	visits := r.visits()
	left := map[int]leaving{} // by the place in visits
	for k, v := range visits[:len(visits)-1] {
		if !known[v.key()] {
			was := event.Transition{From: r.been[v.stage].name, Visit: v.n, Entered: at(max(v.entered, r.start))}
			left[k] = leaving{was, max(visits[k+1].entered, r.start)}
		}
	}
	var fresh []effect
	for k, v := range visits {
		if _, ok := known[v.key()]; ok {
			continue
		}
		e := effect{kind: event.JourneyStageEntered, at: max(v.entered, r.start), stage: r.been[v.stage].name, visit: v.n, leftReported: true}
		if l, ok := left[k-1]; ok {
			e.leftReported, e.left = false, l.visit
			delete(left, k-1)
		}
		fresh = append(fresh, e)
	}
	owed := slices.Sorted(maps.Keys(left))
	for k := range fresh {
		if fresh[k].leftReported && len(owed) > 0 {
			l := left[owed[0]]
			fresh[k].also, owed = &l, owed[1:]
		}
		d.add(fresh[k])
	}
}

// key identifies the visit in its run.
func (v visit) key() visitKey { return visitKey{uint16(v.stage), v.n} }

// fold drops the oldest facts and keeps the number of their visits: keep facts stay, and the first fact of the visit that the
// oldest of them belongs to. It stalls the visits that go and were too long, because no later fact can change them.
func (r *run) fold(keep int, d *done) {
	n := len(r.facts) - keep
	if n <= 0 {
		return
	}
	at := n - 1 // where the visit begins that the last of the folded ones is in: its first fact stays
	for at > 0 && r.facts[at-1].stage == r.facts[at].stage {
		at--
	}
	first := r.facts[at]
	r.answers.told = r.answered(first.at - 1)
	if r.decides == decideByEntry {
		r.stallUntil(first.at, d)
	}
	for k, f := range r.facts[:at] {
		if k == 0 || f.stage != r.facts[k-1].stage {
			r.been[f.stage].folded++
		}
	}
	r.facts = slices.Delete(r.facts, 0, n)
	r.facts = slices.Insert(r.facts, 0, first)
	r.floor = max(r.floor, r.facts[1].at)
	r.recount()
	r.stalls = slices.DeleteFunc(r.stalls, func(s visitKey) bool { return s.visit <= r.been[s.stage].folded })
}
