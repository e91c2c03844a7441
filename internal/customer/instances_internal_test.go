package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/internal/flight"
)

// instanceTerms are the terms of TestInstancesFollowAModel. Their windows are short, because each minute costs the test some calls.
var instanceTerms = map[string]*flight.Terms{
	"survey": {Life: 10 * time.Minute, Keep: time.Hour, Stops: []string{"c"}, Caps: []flight.Cap{
		{Most: 1, Within: 30 * time.Minute, Purposes: []string{"survey"}},
		{Most: 2, Within: time.Hour, Purposes: []string{"survey", "offer"}},
	}},
	"offer": {Life: 25 * time.Minute, Keep: time.Hour, Consent: true, Caps: []flight.Cap{
		{Most: 2, Within: time.Hour, Purposes: []string{"survey", "offer"}},
	}},
}

// lossy is a store whose next call loses something.
type lossy struct {
	ledger.Store

	mu   sync.Mutex
	next string // how the next call goes: "" or "made", "not made", "lost", or "lost by the dead", after which the store has no more calls
	dead bool
}

var errLost = errors.New("the answer is lost")

func (l *lossy) lose(how string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = how
}

func (l *lossy) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	how := l.next
	if l.next = ""; l.dead || how == "not made" {
		return nil, errLost
	}
	records, err := l.Store.Write(ctx, changes)
	if l.dead = how == "lost by the dead"; l.dead || how == "lost" {
		return nil, errLost
	}
	return records, err
}

func (l *lossy) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	l.mu.Lock()
	dead := l.dead
	l.mu.Unlock()
	if dead {
		return time.Time{}, nil, errLost
	}
	return l.Store.Claim(ctx, limit, lease)
}

// instance is one of several that share a store.
type instance struct {
	*Book

	store *lossy
	skew  time.Duration // of its clock
}

// held is a grant that an instance has been given.
type held struct {
	*Asking

	by   *instance
	used time.Time // in truth; zero until it is used, and when it is not sent
}

// wrong is what is wrong with a history, as a panic that leaves the bubble.
type wrong string

func (*world) wrong(format string, args ...any) { panic(wrong(fmt.Sprintf(format, args...))) }

// world is some instances, what is true, and the models of two records.
type world struct {
	t      *rapid.T
	shelf  ledger.Store
	all    []*instance
	alice  *model
	bob    *model // an addressee
	grants []*held
	sent   []*held // since the customer was forgotten last
}

func (w *world) open(skew time.Duration) *instance {
	i := &instance{store: &lossy{Store: w.shelf}, skew: skew}
	i.Book = New(Config{Store: i.store, Now: func() time.Time { return time.Now().Add(i.skew) }, Namespace: "test"})
	if _, err := i.May(context.Background(), w.question("survey", "")); err != nil { // its clock is set
		w.wrong("%v", err)
	}
	return i
}

// close ends all instances.
func (w *world) close() {
	for _, i := range w.all {
		if err := i.Close(context.Background()); err != nil {
			w.wrong("%v", err)
		}
	}
}

// at returns the time of an entry that the instance appends now.
func (i *instance) at() time.Time {
	if i.skew.Abs() >= 5*time.Minute {
		return time.Now()
	}
	return time.Now().Add(i.skew)
}

func (*world) question(purpose, addressee string) *Asking {
	a := &Asking{Customer: "alice", Addressee: addressee, Purpose: purpose, Channel: event.Email, Terms: instanceTerms[purpose]}
	if purpose == "offer" {
		a.Quiet = quietForOffers
	}
	return a
}

// quietForOffers has the last quarter of each hour.
func quietForOffers(at time.Time) bool { return at.Minute() >= 45 }

// quiet returns what the record says in quiet hours, in which nothing is reserved and the record's time does not move on.
func (w *world) quiet(i *instance, a *Asking) (rule string, ok bool) {
	if a.Quiet == nil || !a.Quiet(i.at()) {
		return "", false
	}
	switch rule = w.alice.refuses(a.Purpose, a.Channel, a.Terms); {
	case w.refusedTo(a):
		rule = event.RuleSuppressed
	case rule == "":
		rule = event.RuleQuietHours
	}
	return rule, true
}

// settle lets the background work end. It moves the models on to what time the records have, which housekeeping may move to the
// store's time, and which an empty record forgets.
func (w *world) settle() {
	synctest.Wait()
	for who, m := range map[string]*model{"alice": w.alice, "bob": w.bob} {
		records, err := w.shelf.Write(context.Background(), []ledger.Change{reading(w.all[0].key(who))})
		if err != nil {
			w.wrong("%v", err)
		}
		r, _, _, _, err := readLog(liveLog(&records[0]))
		if err != nil {
			w.wrong("%v", err)
		}
		if r.empty() {
			if m.now = time.Unix(0, r.floor); r.floor == 0 {
				m.now = time.Time{} // a log without entries has no time
			}
			for _, g := range m.grants { // housekeeping has dropped them by the store's time
				left := g.life - time.Since(g.asked)
				if g.used {
					left = g.keep - time.Since(g.usedAt)
				}
				if !g.gone && left > maxSkew {
					w.wrong("the record of %s is empty, and has lost a grant that counts for %v", who, left)
				}
				g.gone = true
			}
			continue
		}
		if floor := time.Unix(0, r.floor); floor.After(time.Now().Add(maxSkew)) {
			w.wrong("the record of %s is at %v", who, floor)
		} else if floor.After(m.now) {
			m.pass(floor)
		}
	}
}

// refusedTo returns what the addressee's record says.
func (w *world) refusedTo(a *Asking) bool {
	return a.Addressee != "" && w.bob.refuses(a.Purpose, a.Channel, &flight.Terms{}) == event.RuleSuppressed
}

// ask asks by the instance. How says what becomes of the answer.
func (w *world) ask(i *instance, a *Asking, how string) {
	i.store.lose(how)
	if how == "not made" {
		w.want("ask", i.Ask, a, event.RuleUnknown)
		return
	}
	if rule, ok := w.quiet(i, a); ok {
		w.read(i, "ask", i.Ask, a, rule, how)
		return
	}
	w.alice.pass(i.at())
	before := len(w.alice.grants)
	want := w.alice.ask(event.ID{}, a.Purpose, "", false, a.Channel, a.Terms)
	var g *modelGrant
	if len(w.alice.grants) > before {
		g = w.alice.grants[before]
	}
	if w.refusedTo(a) {
		want = event.RuleSuppressed
	}
	if how != "made" {
		if want = event.RuleUnknown; how == "lost by the dead" {
			w.kill(i, func() { w.want("ask", i.Ask, a, want) })
			if g != nil {
				g.id = a.ID
			}
			return // what it has reserved lapses
		}
	}
	w.want("ask", i.Ask, a, want)
	if g == nil {
		return
	}
	if g.id = a.ID; want != event.RuleGranted {
		g.gone = true // it is released in the background
		return
	}
	g.life = a.Terms.Life // a longer one is kept in the background
	w.grants = append(w.grants, &held{Asking: a, by: i})
}

// read makes a call that only reads.
func (w *world) read(i *instance, what string, ask func(context.Context, *Asking) (flight.Answer, error), a *Asking, rule, how string) {
	switch how {
	case "made":
		w.want(what, ask, a, rule)
	case "lost by the dead":
		w.kill(i, func() { w.want(what, ask, a, event.RuleUnknown) })
	default:
		w.want(what, ask, a, event.RuleUnknown)
	}
}

// kill lets the instance make its last call, and starts another one.
func (w *world) kill(i *instance, last func()) {
	last()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = i.Close(ctx)
	w.all[slices.Index(w.all, i)] = w.open(i.skew)
	w.grants = slices.DeleteFunc(w.grants, func(h *held) bool { return h.by == i }) // no holder is left
}

func (w *world) use(h *held, how string) {
	i := h.by
	i.store.lose(how)
	known := slices.ContainsFunc(w.alice.grants, func(g *modelGrant) bool { return g.id == h.ID })
	if rule, ok := w.quiet(i, h.Asking); ok {
		if w.read(i, "use", i.Use, h.Asking, rule, how); how != "lost by the dead" { // else it lapses
			w.drop(h)
		}
		return
	}
	if how != "not made" {
		w.alice.pass(i.at())
		want := w.alice.use(h.ID, h.Purpose, h.Channel, h.Terms)
		if w.refusedTo(h.Asking) {
			want = event.RuleSuppressed
		}
		if how == "made" {
			if w.want("use", i.Use, h.Asking, want); want == event.RuleGranted {
				if h.used.IsZero() {
					h.used = time.Now()
					w.sent = append(w.sent, h)
				}
				return
			}
			w.drop(h)
			return
		}
		if how == "lost by the dead" {
			w.kill(i, func() { w.want("use", i.Use, h.Asking, event.RuleUnknown) })
			return // the contact may have been made, for all that the record knows
		}
	}
	w.want("use", i.Use, h.Asking, event.RuleUnknown)
	if known {
		w.drop(h)
	}
}

// drop notes that the grant is free, and that its holder does not use it.
func (w *world) drop(h *held) {
	for _, g := range w.alice.grants {
		if g.id == h.ID {
			g.gone = true
		}
	}
	w.grants = slices.DeleteFunc(w.grants, func(o *held) bool { return o == h })
	w.sent = slices.DeleteFunc(w.sent, func(o *held) bool { return o == h })
}

func (w *world) want(what string, ask func(context.Context, *Asking) (flight.Answer, error), a *Asking, want string) {
	answer, err := ask(context.Background(), a)
	if answer.Rule != want || (err == nil) != (want != event.RuleUnknown) {
		w.wrong("%s for %s to %q at %v: the answer is %q and %v, want %q", what, a.Purpose, a.Addressee, time.Now(), answer.Rule, err, want)
	}
}

// amend changes a record, and its model.
func (w *world) amend(i *instance) {
	who, m := "alice", w.alice
	kinds := []flight.AmendmentKind{flight.Consented, flight.Consented, flight.Withdrawn, flight.Suppressed, flight.Lifted, flight.HoldOpened, flight.HoldClosed}
	kind := rapid.SampledFrom(kinds).Draw(w.t, "amendment")
	if rapid.IntRange(0, 2).Draw(w.t, "of the addressee") == 0 {
		who, m, kind = "bob", w.bob, rapid.SampledFrom([]flight.AmendmentKind{flight.Suppressed, flight.Lifted}).Draw(w.t, "amendment of bob")
	}
	am := flight.Amendment{Kind: kind}
	m.pass(i.at())
	f := fact{what: kind, at: m.now}
	if kind < flight.HoldOpened && rapid.Bool().Draw(w.t, "dated") {
		f.at = i.at().Add(-time.Duration(rapid.IntRange(0, 3).Draw(w.t, "hours ago")) * time.Hour)
		am.At = f.at
	}
	wrong := false
	switch kind {
	case flight.Suppressed, flight.Lifted:
		f.text = "moved"
		am.Reason, am.By = f.text, "employee"
		in, ok := m.last(flight.Suppressed, flight.Lifted, func(o fact) bool { return o.text == f.text })
		wrong = kind == flight.Lifted && (!ok || in.what != flight.Suppressed || f.at.Before(in.at))
	case flight.HoldOpened, flight.HoldClosed:
		f.text, am.Name, am.Ref = "c1", "c", "1"
		wrong = kind == flight.HoldClosed && !m.open(f.text)
	default:
		f.purpose = rapid.SampledFrom([]string{"survey", "offer"}).Draw(w.t, "purpose of the fact")
		am.Purpose = f.purpose
	}
	err := i.Amend(context.Background(), who, am)
	if (err != nil) != wrong || wrong && !errors.Is(err, ErrNothing) {
		w.wrong("amendment %d of %s: the error is %v, want one: %v", kind, who, err, wrong)
	}
	if !wrong {
		m.facts = append(m.facts, f)
	}
}

// open reports whether the hold is open.
func (m *model) open(hold string) (is bool) {
	for _, f := range m.facts {
		if f.text == hold && (f.what == flight.HoldOpened || f.what == flight.HoldClosed) {
			is = f.what == flight.HoldOpened
		}
	}
	return is
}

// forget forgets everything of the model that does not say no.
func (m *model) forget() {
	var kept []fact
	for i, f := range m.facts {
		switch f.what {
		case flight.Suppressed: // the last one of its reason, if it is in force
			in, _ := m.last(flight.Suppressed, flight.Lifted, func(o fact) bool { return o.text == f.text })
			if in == f {
				kept = append(kept, f)
			}
		case flight.Withdrawn:
			if !slices.ContainsFunc(m.facts, func(o fact) bool {
				return o.what == flight.Consented && o.purpose == f.purpose && (o.at.After(f.at) || o.at.Equal(f.at) && slices.Contains(m.facts[i:], o))
			}) {
				kept = append(kept, f)
			}
		}
	}
	m.facts = kept
	for _, g := range m.grants {
		g.gone = true
	}
}

// TestInstancesFollowAModel: instances with clocks that are wrong and jump, whose answers get lost and that die, give the answers of
// the model, and in truth no window has more contacts than its cap allows, but for what the clocks may differ by.
func TestInstancesFollowAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var failed any
		synctest.Test(t, func(*testing.T) {
			defer func() { failed = recover() }()
			w := &world{t: rt, shelf: new(memory.Store).Shelf(Shelf), alice: &model{}, bob: &model{}}
			defer w.close()
			w.play()
		})
		switch what := failed.(type) {
		case nil:
		case wrong:
			rt.Fatal(string(what))
		default:
			panic(what) // rapid ends a draw so, which has to leave the bubble
		}
	})
}

// play draws a history and plays it.
func (w *world) play() {
	t := w.t
	skews := rapid.SampledFrom([]time.Duration{0, 4 * time.Minute, -4 * time.Minute, 6 * time.Minute, -6 * time.Minute, -9000 * time.Hour})
	minutes := rapid.SampledFrom([]int{0, 0, 0, 1, 4, 5, 9, 10, 15, 24, 29, 30, 61})
	outcome := rapid.SampledFrom([]string{"made", "made", "made", "made", "lost", "not made", "lost by the dead"})
	for range 3 {
		w.all = append(w.all, w.open(skews.Draw(t, "skew")))
	}
	for range rapid.IntRange(1, 40).Draw(t, "steps") {
		time.Sleep(time.Duration(minutes.Draw(t, "minutes")) * time.Minute)
		w.settle()
		i := rapid.SampledFrom(w.all).Draw(t, "instance")
		switch what := rapid.SampledFrom([]string{"ask", "ask", "ask", "may", "use", "use", "use", "release", "amend", "amend", "forget", "jump"}).Draw(t, "what"); what {
		case "ask", "may":
			a := w.question(rapid.SampledFrom([]string{"survey", "offer"}).Draw(t, "purpose"), rapid.SampledFrom([]string{"", "", "bob"}).Draw(t, "addressee"))
			if what == "may" {
				w.may(i, a)
			} else {
				w.ask(i, a, outcome.Draw(t, "answer"))
			}
		case "amend":
			w.amend(i)
		case "jump":
			i.skew = skews.Draw(t, "new skew")
		case "forget":
			if err := i.Forget(context.Background(), "alice"); err != nil {
				w.wrong("%v", err)
			}
			w.alice.forget()
			w.sent = nil // the record knows no more of them
		case "use", "release":
			if len(w.grants) == 0 {
				continue
			}
			h := rapid.SampledFrom(w.grants).Draw(t, "grant")
			if what == "use" {
				w.use(h, outcome.Draw(t, "answer of the use"))
			} else {
				w.alice.pass(h.by.at())
				h.by.Free(context.Background(), h.Asking)
				w.drop(h)
			}
		}
		w.settle()
		if what := w.exceeded(); what != "" {
			w.wrong("%s", what)
		}
	}
}

// may looks, which moves no record on.
func (w *world) may(i *instance, a *Asking) {
	was := w.alice.now
	if at := i.at(); at.After(was) {
		w.alice.now = at
	}
	want := w.alice.refuses(a.Purpose, a.Channel, a.Terms)
	if w.refusedTo(a) {
		want = event.RuleSuppressed
	}
	if rule, ok := w.quiet(i, a); ok {
		want = rule
	}
	if want == "" {
		if want = event.RuleGranted; w.alice.capped(a.Channel, a.Terms) {
			want = event.RuleCap
		}
	}
	w.alice.now = was
	w.want("may", i.May, a, want)
}

// exceeded says which cap was exceeded, in truth, by what was sent since the customer was forgotten last.
func (w *world) exceeded() string {
	for _, terms := range instanceTerms {
		for _, c := range terms.Caps {
			for _, h := range w.sent {
				n := 0
				for _, o := range w.sent {
					if since := o.used.Sub(h.used); slices.Contains(c.Purposes, o.Purpose) && since >= 0 && since < c.Within-2*maxSkew {
						n++
					}
				}
				if n > c.Most {
					return fmt.Sprintf("%d contacts were made within %v of %v, and the cap is %d", n, c.Within-2*maxSkew, h.used, c.Most)
				}
			}
		}
	}
	return ""
}
