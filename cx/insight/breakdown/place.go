package breakdown

import (
	"context"
	"errors"
	"math"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

const (
	// MaxExamples is how many examples of each kind [Place] returns.
	MaxExamples = 5
	// MaxQuotes is how many quotes.
	MaxQuotes = 10
)

// Placed says where a change is.
type Placed struct {
	Found

	// Bad are the runs that are bad, Now the runs since it began, and Before those of the baseline. Asked reports whether these are questions about runs: a queue
	// has contacts, and the rest is then empty, but for what customers say.
	Asked  bool          `json:"asked"`
	Bad    insight.Bad   `json:"bad"`
	Now    insight.Which `json:"-"`
	Before insight.Which `json:"-"`
	// GoesWith is what the runs of now that are bad hold, and whose share rose by more than that of the others: the answer of [insight.View.GotWorse]. For an
	// improvement it is what was worse before.
	GoesWith insight.GoesWith `json:"goes_with"`
	// CustomersInExcess is how many customers had a bad run more than usual since it began, and ValueInExcess what was at stake in these runs: the part of
	// [Found.Excess] in all bad events. They are 0 for an improvement, and where the customers are fewer than five.
	CustomersInExcess float64       `json:"customers_in_excess"`
	ValueInExcess     []event.Money `json:"value_in_excess"`
	// Held are the values of the first finding: Typical, Worst and Quotes are of runs that hold them. It is empty if nothing goes with it.
	Held []insight.Where `json:"-"`
	// Typical are bad runs whose time is the nearest to the median, and Worst the longest of the others. They are empty for a viewer without the right
	// [insight.Customers].
	Typical []insight.Example `json:"typical"`
	Worst   []insight.Example `json:"worst"`
	// Quotes are the newest of what customers said in the runs since it began, without what is positive, and Words are those that are new in it. They are empty for a viewer
	// without the right [insight.Words].
	Quotes []insight.Quote `json:"quotes"`
	Words  []Word          `json:"words"`
}

// AnyDay reports whether a day since it began is over. Until then [Place] and [Cost] ask nothing.
func (f *Found) AnyDay() bool { return !f.Last.Before(f.Began) }

// Place answers where a change is: what goes with it, what it costs, examples, and what customers say. It needs the right [insight.Numbers], and what single questions
// cost of [insight.View]: GotWorse, AtStake, Examples and Voice. Runs are those that began since the change, against those that began in the baseline.
func Place(ctx context.Context, v *insight.View, f *Found) (Placed, error) {
	p := Placed{Found: *f, ValueInExcess: []event.Money{}, Typical: []insight.Example{}, Worst: []insight.Example{}, Quotes: []insight.Quote{}, Words: []Word{}}
	p.Bad, p.Asked = badOf(f.Subject)
	p.Now = f.now()
	p.Before = f.before()
	if !f.AnyDay() {
		return p, nil
	}
	if p.Asked {
		if err := p.askRuns(ctx, v); err != nil {
			return p, err
		}
	}
	return p, p.listen(ctx, v)
}

// Cost answers how many customers had a bad run more than usual since a change began, and what was at stake in these runs: [Placed.CustomersInExcess] and
// [Placed.ValueInExcess], without the rest of [Place]. It needs the right [insight.Numbers], and what [insight.View.AtStake] costs.
func Cost(ctx context.Context, v *insight.View, f *Found) (customers float64, value []event.Money, err error) {
	value = []event.Money{}
	bad, asked := badOf(f.Subject)
	part := min(1, f.Excess/float64(max(1, f.Since.Count)))
	if !asked || !(part > 0) || !f.AnyDay() {
		return 0, value, nil
	}
	stake, err := v.AtStake(ctx, f.now(), bad)
	if err != nil {
		return 0, value, err
	}
	for _, m := range stake.Value {
		if worth := math.Round(part * float64(m.Amount)); math.Abs(worth) < math.MaxInt64 {
			value = append(value, event.Money{Amount: int64(worth), Currency: m.Currency})
		}
	}
	return part * float64(stake.Customers), value, nil
}

// now is the question about the runs since it began.
func (f *Found) now() insight.Which {
	return insight.Which{Journey: f.Journey, From: f.Began, Until: f.Last.AddDate(0, 0, 1)}
}

// before is the question about the runs of the baseline. A change whose baseline is not known is compared with as many days, which end when it began.
func (f *Found) before() insight.Which {
	from, until := f.BaselineFrom, f.BaselineUntil
	if until.IsZero() {
		from, until = f.Began.AddDate(0, 0, -BaselineDays), f.Began
	}
	return insight.Which{Journey: f.Journey, From: from, Until: until}
}

// badOf returns which runs are bad where the share of a subject is high, and false if the subject is about no runs.
func badOf(s Subject) (insight.Bad, bool) {
	switch s.About {
	case OfStage:
		return insight.EndedIn(s.Name), true
	case OfTouchpoint:
		return insight.FailedAt(s.Name), true
	case OfCause:
		return insight.EndedFor(s.Name), true
	case OfPromise:
		return insight.PromiseBroken(s.Name), true
	case OfSurvey:
		return insight.AnsweredNegativeTo(s.Name), true
	case OfQueue:
		return insight.Bad{}, false
	default:
		return insight.NotCompleted(), true
	}
}

func (p *Placed) askRuns(ctx context.Context, v *insight.View) (err error) {
	now, before := p.Now, p.Before
	if p.Better {
		now, before = before, now
	}
	if p.GoesWith, err = v.GotWorse(ctx, now, before, p.Bad); err != nil {
		return err
	}
	if list := p.GoesWith.Answer.Findings; len(list) > 0 {
		for _, h := range list[0].Held {
			p.Held = append(p.Held, insight.Where{Column: insight.Column(h.Column), Values: []string{h.Value}})
		}
	}
	if p.CustomersInExcess, p.ValueInExcess, err = Cost(ctx, v, &p.Found); err != nil {
		return err
	}
	w := p.Now
	w.Where = p.Held
	e, err := v.Examples(ctx, w, p.Bad, MaxExamples)
	if errors.Is(err, insight.ErrDenied) {
		return nil
	}
	if err == nil {
		p.Typical, p.Worst = e.Typical, e.Worst
	}
	return err
}

// listen takes what customers said since then, and which words of it are new.
func (p *Placed) listen(ctx context.Context, v *insight.View) error {
	w := p.Now
	w.Where = p.Held
	now, err := v.Voice(ctx, w)
	if err != nil {
		return err
	}
	if len(now.Verbatims) == 0 {
		return nil // or the viewer does not see words
	}
	if p.Words, err = p.newWords(ctx, v, now.Verbatims); err != nil {
		return err
	}
	for i := range now.Verbatims {
		if q := &now.Verbatims[i]; p.about(q) && q.Verdict != event.Positive && len(p.Quotes) < MaxQuotes {
			p.Quotes = append(p.Quotes, *q)
		}
	}
	return nil
}

// newWords returns the words that are new in what is said now, by the runs that hold what goes with the change, against what such runs said before. Where these have said
// nothing, such as those of a new release, it compares what all have said.
func (p *Placed) newWords(ctx context.Context, v *insight.View, now []insight.Quote) ([]Word, error) {
	b := p.Before
	b.Where = p.Held
	before, err := v.Voice(ctx, b)
	if err != nil {
		return nil, err
	}
	if len(p.Held) > 0 && len(p.texts(before.Verbatims)) == 0 {
		all, err := v.Voice(ctx, p.Now)
		if err != nil {
			return nil, err
		}
		if before, err = v.Voice(ctx, p.Before); err != nil {
			return nil, err
		}
		now = all.Verbatims
	}
	return NewWords(p.texts(now), p.texts(before.Verbatims)), nil
}

// about reports whether the quote is about the subject: an answer to another survey is not.
func (p *Placed) about(q *insight.Quote) bool { return p.About != OfSurvey || q.Survey == p.Name }

func (p *Placed) texts(quotes []insight.Quote) (list []string) {
	for i := range quotes {
		if p.about(&quotes[i]) {
			list = append(list, quotes[i].Text)
		}
	}
	return list
}
