package watch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/feedback/score"
)

// Plan says how breakdowns are found, and who is told. Instances whose plans have a journey of one name, and clients of one namespace, share
// its work; the rest of the plan should be the same in all of them. The functions heed their contexts, which end when another instance has
// taken over, after the time of [WithTimeout], and when Shutdown has run out of time. A panic is an error.
type Plan struct {
	// Journey is the journey of breakdowns. Default: Define("").
	Journey *Journey
	// Client records the steps. It has the store of the instances (cx.WithStore), so that any of them can move a breakdown on, and the
	// journey among its definitions.
	Client *cx.Client
	// Find finds what the charts show now, such as with breakdown.Find. Open has the subjects of each breakdown that is not over, with the baseline that stays. One whose
	// standing in [breakdown.Findings.Open] is not known is neither shown nor usual; one without a standing is usual unless it is among what is found. After an error
	// the charts say nothing new, and the next refresh finds again. insight.ErrLoading means not yet: the next refresh comes within seconds, and the error handler
	// gets it only if that lasts for longer than the time from one refresh to the next.
	Find func(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error)
	// Place says where a breakdown is, such as with breakdown.Place. It is called when one is found, and once for each further day. An error is
	// told, and the place stays as it was. Default: the places and the customers in excess are not known; severities then count the events in excess.
	Place func(ctx context.Context, f breakdown.Found) (Placement, error)
	// Steps has the steps that people take, and those of actions: the archive of the events, such as an insight.Source. Without it nothing but
	// the charts moves a breakdown.
	Steps Reader
	// Compare counts the subject's share from the day on which the breakdown began until it was mended, and since. Default: nothing is
	// compared, and only a person verifies.
	Compare func(ctx context.Context, c Change) (Shares, error)
	// ReportUp is told of each promise of a breakdown that is broken, once: it passes it on to those who can decide. After an error it is called
	// again at the next refresh. It may be called twice with one ID if an instance was killed. Default: nothing is reported.
	ReportUp func(ctx context.Context, o Overdue) error
	// Tell is told what has changed, as ReportUp is. Default: nothing is told.
	Tell func(ctx context.Context, n News) error
}

// Reader reads whole events, as an insight.Source does. It calls each with the events that q asks for, in the order of their time.
type Reader interface {
	Events(ctx context.Context, q event.Query, each func(*event.Event) error) error
}

// Placement says where a breakdown is, and what it has cost since it began.
type Placement struct {
	// Placed is what its runs have in common, at most [event.MaxPlaced].
	Placed []event.Placed `json:"placed,omitempty"`
	// Customers and Value are those in excess of usual; 0 and nil mean not known.
	Customers int          `json:"customers,omitempty"`
	Value     *event.Money `json:"value,omitempty"`
}

// Change is a breakdown that was mended. The share before is that of the days from From until Mended, and the share after that of the days
// from Mended until Until, each without the day of the mending.
type Change struct {
	breakdown.Subject

	From, Mended, Until time.Time
	// BaselineFrom and BaselineUntil are those of [breakdown.Found].
	BaselineFrom, BaselineUntil time.Time
}

// Shares are those of the days before the mending, and after it.
type Shares struct {
	Before, After score.Share
	// Sigma is how far the days of the chart differ from each other, in standard deviations of the binomial distribution: [breakdown.Trend.Sigma]. Less than 1 counts as 1.
	Sigma float64
}

// difference returns the difference of the shares. Its interval is as much wider as the days differ by more than chance.
func (s *Shares) difference() score.Difference {
	d := score.Shares(s.After, s.Before, score.DefaultConfidence)
	if s.Sigma > 1 && d.OK() && !math.IsInf(s.Sigma, 0) {
		d.Low, d.High = max(-1, d.Value-s.Sigma*(d.Value-d.Low)), min(1, d.Value+s.Sigma*(d.High-d.Value))
	}
	return d
}

// Comparison is the answer: the share while the breakdown lasted, the share since it was mended, and their difference.
type Comparison struct {
	At         time.Time        `json:"at"`
	Before     score.Share      `json:"before"`
	After      score.Share      `json:"after"`
	Difference score.Difference `json:"difference"`
}

// Helped reports whether the share is lower than it was by more than chance would explain, with 95% confidence. Chance is as wide as
// the days of the chart differ.
func (c *Comparison) Helped() bool { return c != nil && c.Difference.OK() && c.Difference.High < 0 }

// Status is what is known of a breakdown.
type Status struct {
	ID string
	// Subject is what it was about when it was found first, and Found what the chart of that has shown last. Its numbers are as of the day Found.Last: while only charts
	// of [breakdown.Found.Also] show the breakdown, they stay. Those of one that has returned begin after it was mended.
	breakdown.Subject

	// Also are the other subjects whose findings belonged to it.
	Also  []breakdown.Subject
	Found breakdown.Found
	Placement

	// Stage is the last step, taken at StageAt.
	Stage    string
	StageAt  time.Time
	Severity string
	Owner    string
	Action   event.RunRef
	// Opened is when it was found first, and Again when it was found last.
	Opened, Again time.Time
	// Mended is when customers have experienced the change; the zero time means not yet. Usual is since when the charts do not show it any
	// more; the zero time means that they do, or that it is not known.
	Mended, Usual time.Time
	// Earlier is the ID of the breakdown of the same matter that ended before.
	Earlier string
	// Compared is the last comparison; nil means none yet.
	Compared *Comparison
	// Ended is when it was closed or dismissed, and Cause why; the zero time means that it is open.
	Ended     time.Time
	Cause     string
	Dismissed bool
}

// Age returns how long it has lasted at the moment, from the day on which it began.
func (s *Status) Age(now time.Time) time.Duration { return max(now.Sub(s.Found.Began), 0) }

// Overdue is a promise of a breakdown that is broken.
type Overdue struct {
	// ID names the report: the same in each attempt and each instance.
	ID string
	Status
	// Promise is [PromiseConfirmed], [PromisePlanned] or [PromiseMended], and Due when it was due.
	Promise string
	Due     time.Time
	// Lasted is how long the breakdown has lasted. [Placement.Customers], [Placement.Value] and Found.Excess are what it has cost so far.
	Lasted time.Duration
}

// Kind is a kind of news.
type Kind string

// The kinds.
const (
	NewsFound    Kind = "found"    // a breakdown, or an improvement
	NewsReturned Kind = "returned" // it was mended, and the charts show it again, or still ([News.Still]): it is found anew
	NewsWorse    Kind = "worse"    // it has a higher severity
	NewsUsual    Kind = "usual"    // the charts do not show it any more
	NewsMended   Kind = "mended"   // its action is made
	NewsCompared Kind = "compared" // [Status.Compared] has the answer
	NewsVerified Kind = "verified" // the comparison shows that the change helps
	NewsClosed   Kind = "closed"   // [Status.Cause] says why: [Held] or [Subsided]
)

// News is what has changed.
type News struct {
	// ID names the news: the same in each attempt and each instance.
	ID   string
	Kind Kind
	Status
	// Still is set for [NewsReturned] where the charts have shown it ever since it was mended: the mending has not helped.
	Still bool
}

// check completes the plan, or says what is wrong with it.
func (p *Plan) check() error {
	if p.Journey == nil {
		p.Journey = Define("")
	}
	if err := p.Journey.Validate(); err != nil {
		return err
	}
	switch {
	case p.Client == nil:
		return errors.New("the plan has no Client")
	case p.Find == nil:
		return fmt.Errorf("the plan of %q has no function Find", p.Journey.Name())
	}
	return nil
}

// status returns what is known of the breakdown.
func (e *entry) status() Status {
	return Status{
		ID: e.ID, Subject: e.First, Also: slices.Clone(e.Also), Found: e.Found, Placement: e.Placement, Stage: e.Stage, StageAt: e.StageAt, Severity: e.Severity, Owner: e.Owner, Action: e.Action,
		Opened: e.Opened, Again: e.FoundAt, Mended: e.Mended, Usual: e.Usual, Earlier: e.Earlier, Compared: e.Compared, Ended: e.Ended, Cause: e.Cause, Dismissed: e.Dropped,
	}
}

// Details returns the details of a step of the breakdown, for [Details].
func (s *Status) Details() event.Breakdown {
	d := event.Breakdown{
		About: string(s.About), Journey: s.Journey, Name: s.Name, Better: s.Found.Better, Began: s.Found.Began, BaselineUntil: s.Found.BaselineUntil, Placed: slices.Clone(s.Placed),
		Severity: s.Severity, Before: s.Found.Before.Value, Since: s.Found.Since.Value, Excess: s.Found.Excess, Customers: s.Customers, Value: s.Value,
		Owner: s.Owner, Action: s.Action, Earlier: s.Earlier,
	}
	if c := s.Compared; c != nil && rank(s.Stage) >= rank(Verified) {
		d.Since = c.After.Value
	}
	return d
}
