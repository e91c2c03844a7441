package customer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// model is what a customer's record means, written from the documents of touchpoint.ContactPolicy and not from the fold: it keeps
// every fact that it was told of, and answers each question from all of them.
type model struct {
	now    time.Time
	facts  []fact
	grants []*modelGrant
}

// fact is something that was said of the customer.
type fact struct {
	what    flight.AmendmentKind
	purpose string
	channel event.Channel
	text    string // reason, or name and reference of a hold
	at      time.Time
}

type modelGrant struct {
	id              event.ID
	purpose, topic  string
	channel         event.Channel
	asked, usedAt   time.Time
	life            time.Duration
	used, gone      bool
	released        bool
	keep            time.Duration
	countedByAnyCap bool
}

// live reports whether the grant may still be used.
func (g *modelGrant) live(now time.Time) bool {
	return !g.gone && !g.used && now.Sub(g.asked) < g.life
}

func (m *model) pass(at time.Time) {
	if at.After(m.now) {
		m.now = at
	}
	for _, g := range m.grants { // a grant that has lapsed once stays so
		if g.countedByAnyCap && !g.used && !g.live(m.now) { // the record has nothing of the others
			g.gone = true
		}
	}
}

// about returns the last fact of the two kinds that is about exactly these.
func (m *model) last(yes, no flight.AmendmentKind, match func(fact) bool) (found fact, ok bool) {
	for _, f := range m.facts {
		if (f.what == yes || f.what == no) && match(f) && (!ok || !f.at.Before(found.at)) {
			found, ok = f, true
		}
	}
	return found, ok
}

func (m *model) refuses(purpose string, channel event.Channel, t *flight.Terms) string {
	reasons := map[string]bool{}
	for _, f := range m.facts {
		if f.what == flight.Suppressed {
			reasons[f.text] = true
		}
	}
	for reason := range reasons {
		for _, p := range []string{"", purpose} {
			for _, c := range []event.Channel{0, channel} {
				f, ok := m.last(flight.Suppressed, flight.Lifted, func(f fact) bool { return f.text == reason && f.purpose == p && f.channel == c })
				if ok && f.what == flight.Suppressed {
					return event.RuleSuppressed
				}
			}
		}
	}
	open := map[string]bool{}
	for _, f := range m.facts {
		switch f.what {
		case flight.HoldOpened:
			open[f.text] = true
		case flight.HoldClosed:
			delete(open, f.text)
		}
	}
	for of := range open {
		if slices.Contains(t.Stops, of[:1]) {
			return event.RuleHold
		}
	}
	f, ok := m.last(flight.Consented, flight.Withdrawn, func(f fact) bool {
		return f.purpose == purpose && (f.channel == 0 || f.channel == channel)
	})
	if ok && f.what == flight.Withdrawn || !ok && t.Consent {
		return event.RuleConsent
	}
	return ""
}

func (m *model) capped(channel event.Channel, t *flight.Terms) bool {
	for _, c := range t.Caps {
		if c.Channels != 0 && c.Channels>>channel&1 == 0 {
			continue // it bounds contacts on other channels
		}
		n := 0
		for _, g := range m.grants {
			counts := g.live(m.now) || g.used && !g.gone && m.now.Sub(g.usedAt) < c.Within
			if counts && g.countedByAnyCap && (slices.Contains(c.Purposes, g.purpose) || slices.Contains(c.Purposes, g.topic)) && (c.Channels == 0 || c.Channels>>g.channel&1 == 1) {
				n++
			}
		}
		if n >= c.Most {
			return true
		}
	}
	return false
}

func (m *model) ask(id event.ID, purpose, topic string, atOnce bool, channel event.Channel, t *flight.Terms) string {
	if rule := m.refuses(purpose, channel, t); rule != "" {
		return rule
	}
	if m.capped(channel, t) {
		return event.RuleCap
	}
	m.grants = append(m.grants, &modelGrant{
		id: id, purpose: purpose, topic: topic, channel: channel, asked: m.now, used: atOnce, usedAt: m.now, life: min(t.Life, 10*time.Minute), keep: t.Keep, countedByAnyCap: t.Keep > 0,
	})
	return event.RuleGranted
}

func (m *model) use(id event.ID, purpose string, channel event.Channel, t *flight.Terms) string {
	i := slices.IndexFunc(m.grants, func(g *modelGrant) bool { return g.id == id })
	rule := m.refuses(purpose, channel, t)
	if i < 0 {
		if rule == "" {
			rule = event.RuleLapsed
		}
		return rule
	}
	g := m.grants[i]
	switch {
	case rule != "":
		g.gone = true
		return rule
	case g.used && !g.gone && m.now.Sub(g.usedAt) < g.keep:
		return event.RuleGranted // the entry is in the log twice
	case g.used:
		return event.RuleLapsed
	case !g.live(m.now):
		g.gone = true
		return event.RuleLapsed
	}
	g.used, g.usedAt = true, m.now
	return event.RuleGranted
}

var (
	modelPurposes = []string{"survey", "offer", "service"}
	modelChannels = []event.Channel{event.Email, event.Phone}
	modelTerms    = map[string]*flight.Terms{
		"survey": {Life: 10 * time.Minute, Keep: 48 * time.Hour, Stops: []string{"c"}, Caps: []flight.Cap{
			{Most: 2, Within: 24 * time.Hour, Purposes: []string{"survey"}},
			{Most: 3, Within: 48 * time.Hour, Purposes: []string{"survey", "offer"}},
		}},
		"offer": {Life: 3 * time.Hour, Keep: 48 * time.Hour, Consent: true, Stops: []string{"c", "d"}, Caps: []flight.Cap{
			{Most: 1, Within: time.Hour, Purposes: []string{"offer"}, Channels: 1 << event.Phone},
			{Most: 3, Within: 48 * time.Hour, Purposes: []string{"survey", "offer"}},
		}},
		"service": {Life: 10 * time.Minute},
	}
)

// TestFoldFollowsAModel: random histories give the answers of the model, whether or not the log was folded in between.
func TestFoldFollowsAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		m := &model{}
		var log []byte
		var ids []event.ID
		purposes, termsOf := map[event.ID]string{}, map[event.ID]*flight.Terms{}
		channels := map[event.ID]event.Channel{}
		for i := range rapid.IntRange(1, 40).Draw(t, "entries") {
			skew := time.Duration(rapid.IntRange(-240, 240).Draw(t, "skew seconds")) * time.Second
			at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 9, 10, 60, 600, 1440, 2879}).Draw(t, "minutes")) * time.Minute)
			e := entry{at: at.Add(skew).UnixNano()}
			m.pass(at.Add(skew))
			want := ""
			purpose, channel := rapid.SampledFrom(modelPurposes).Draw(t, "purpose"), rapid.SampledFrom(modelChannels).Draw(t, "channel")
			terms := modelTerms[purpose]
			what := rapid.SampledFrom([]string{"ask", "ask", "ask", "use", "use", "keep", "release", "consent", "withdraw", "suppress", "lift", "hold", "close"}).Draw(t, "what")
			if len(ids) == 0 && (what == "use" || what == "keep" || what == "release") {
				what = "ask"
			}
			switch what {
			case "ask":
				e.kind, e.id = opAsk, event.NewID(m.now)
				e.life, e.purpose, e.channel, e.terms = int64(terms.Life), purpose, channel, *terms
				if rapid.IntRange(0, 2).Draw(t, "about a topic") == 0 {
					e.kind, e.topic, e.atOnce = opAskOnce, rapid.SampledFrom([]string{"", "_ease", "_loyalty"}).Draw(t, "topic"), rapid.Bool().Draw(t, "at once")
					if e.topic != "" {
						e.terms.Caps = append(slices.Clip(terms.Caps), flight.Cap{Most: 1, Within: 30 * time.Hour, Purposes: []string{e.topic}})
						e.terms.Keep = max(terms.Keep, 30*time.Hour)
					}
					terms = new(e.terms)
				}
				if want = m.ask(e.id, purpose, e.topic, e.atOnce, channel, terms); want == event.RuleGranted {
					ids = append(ids, e.id)
					purposes[e.id], channels[e.id], termsOf[e.id] = purpose, channel, terms
				}
			case "use", "keep", "release":
				id := rapid.SampledFrom(ids).Draw(t, "grant")
				terms = termsOf[id]
				g := m.grants[slices.IndexFunc(m.grants, func(g *modelGrant) bool { return g.id == id })]
				switch e.id = id; what {
				case "use":
					e.kind, e.life, e.asked, e.purpose, e.channel, e.terms = opUse, int64(terms.Life), g.asked.UnixNano(), purposes[id], channels[id], *terms
					if !g.countedByAnyCap && (g.released || g.used) { // its holder knows that, and does not ask
						e = entry{at: e.at, kind: opRelease, id: id}
						break
					}
					if want = m.use(id, purposes[id], channels[id], terms); want != event.RuleGranted {
						g.released = true // its holder knows that a refusal is final
					}
				case "keep":
					e.kind, e.life = opKeep, int64(terms.Life)
					if g.live(m.now) {
						g.life = max(g.life, terms.Life)
					}
				case "release":
					e.kind = opRelease
					g.gone, g.released = true, true
				}
			default:
				f := fact{purpose: purpose, channel: rapid.SampledFrom([]event.Channel{0, event.Email, event.Phone}).Draw(t, "channel of the fact"), at: m.now}
				e.channel = f.channel
				if rapid.Bool().Draw(t, "dated") {
					f.at = at.Add(-time.Duration(rapid.IntRange(0, 4).Draw(t, "days ago")) * 24 * time.Hour)
					e.when = f.at.UnixNano()
				}
				switch what {
				case "consent":
					e.kind, f.what = opConsent, flight.Consented
				case "withdraw":
					e.kind, f.what = opWithdraw, flight.Withdrawn
				case "suppress", "lift":
					f.purpose = rapid.SampledFrom([]string{"", "survey"}).Draw(t, "purpose of the suppression")
					f.text = rapid.SampledFrom([]string{"deceased", "moved"}).Draw(t, "reason")
					e.reason = f.text
					e.kind, f.what = opSuppress, flight.Suppressed
					if what == "lift" {
						e.kind, f.what = opLift, flight.Lifted
					}
				case "hold", "close":
					e.text, e.ref = rapid.SampledFrom([]string{"c", "d"}).Draw(t, "hold"), fmt.Sprint(rapid.IntRange(1, 2).Draw(t, "ref"))
					f.text = e.text + e.ref
					e.kind, f.what = opHold, flight.HoldOpened
					if what == "close" {
						e.kind, f.what = opCloseHold, flight.HoldClosed
					}
				}
				e.purpose = f.purpose
				if f.what == flight.Lifted { // it lifts what was in force by then, and is nothing by itself
					in, ok := m.last(flight.Suppressed, flight.Lifted, func(o fact) bool { return o.text == f.text && o.purpose == f.purpose && o.channel == f.channel })
					if !ok || in.what != flight.Suppressed || f.at.Before(in.at) {
						break
					}
				}
				m.facts = append(m.facts, f)
			}
			log = e.appendTo(log)
			r, last, did, _, err := readLog(log)
			if err != nil {
				t.Fatalf("entry %d: %v", i, err)
			}
			if last.kind != e.kind || did.answer.Rule != want {
				t.Fatalf("entry %d, %s %s on %s: the answer is %q, want %q", i, what, purpose, channel, did.answer.Rule, want)
			}
			if rapid.IntRange(0, 5).Draw(t, "fold") == 0 {
				folded := r.whole()
				again, _, _, _, err := readLog(folded)
				if err != nil {
					t.Fatal(err)
				}
				if r.empty() {
					again.floor, m.now = r.floor, time.Time{} // an empty record has no time
				}
				if d := cmp.Diff(r, again, cmp.AllowUnexported(record{}, permit{}, suppression{}, contact{}, hold{}), cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("the state that is read back (-written +read):\n%s", d)
				}
				log = folded
			}
		}
		m.check(t)
	})
}

// check: no window of any length has more used contacts than a cap of its length allows.
func (m *model) check(t *rapid.T) {
	for _, terms := range modelTerms {
		for _, c := range terms.Caps {
			for _, g := range m.grants {
				n := 0
				for _, o := range m.grants {
					if g.used && !g.gone && o.used && !o.gone && slices.Contains(c.Purposes, o.purpose) && (c.Channels == 0 || c.Channels>>o.channel&1 == 1) &&
						!o.usedAt.Before(g.usedAt) && o.usedAt.Sub(g.usedAt) < c.Within {
						n++
					}
				}
				if n > c.Most {
					t.Fatalf("%d contacts were used within %v of %v, and the cap is %d", n, c.Within, g.usedAt, c.Most)
				}
			}
		}
	}
}
