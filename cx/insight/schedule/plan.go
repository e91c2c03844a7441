package schedule

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/ledger"
)

// Plan says which report is made when, and what delivers it. Instances whose plans have one Name, Every and Zone share its work; the rest of
// the plan should be the same in all of them.
type Plan struct {
	// Name names the report, in its Message-ID (as a digest), in errors and in metrics: 1 to 64 bytes of UTF-8 without control
	// characters. Two plans on one store need different names. It holds no personal data.
	Name string
	// Every is the kind of the period. Default: a week. A [report.Span] is none.
	Every report.Kind
	// Zone has the calendar of the periods. Default: UTC. It is a zone with a name, such as from [time.LoadLocation], because
	// [time.Local] may differ between instances.
	Zone *time.Location
	// Settle is how long after the end of a period its report is made, so that late events are in it: 0 to 7 days, and shorter than the
	// period. Default, and for 0: one hour. A nanosecond is as good as none.
	Settle time.Duration
	// Make makes the report of a period. It heeds its context, which ends when the instance has lost the period to another one, after the
	// time of [WithTimeout], and when Shutdown has run out of time. An error and a panic are a failed attempt.
	Make func(ctx context.Context, p report.Period) (Report, error)
	// Deliver delivers the report.
	Deliver Deliverer
}

// Report is what is delivered, such as a [report.Report].
type Report interface {
	// Subject is the report in one line.
	Subject() string
	// MailHTML writes the report as a document of HTML that programs for e-mail show: no script, no style sheet, no SVG.
	MailHTML(w io.Writer) error
	// Text writes the report in lines of at most so many characters.
	Text(w io.Writer, width int) error
}

// Deliverer delivers reports: by e-mail, to a chat, to a folder.
type Deliverer interface {
	// Deliver delivers the report. It heeds its context. Nil says that the report is delivered. An error is a failed attempt: Deliver is called
	// again after a pause, perhaps in another instance and with a report that was made anew. An error that is [ErrGivenUp] is the last attempt.
	Deliver(ctx context.Context, d *Delivery) error
}

// ErrGivenUp is the error of a [Deliverer] for a report that no further attempt can deliver. Wrap it.
var ErrGivenUp = errors.New("the report cannot be delivered")

// The bounds of a plan.
const (
	maxName       = 64
	maxSettle     = 7 * 24 * time.Hour
	defaultSettle = time.Hour
)

// check completes the plan, or says what is wrong with it.
func (p *Plan) check() error {
	if p.Zone == nil {
		p.Zone = time.UTC
	}
	if p.Settle == 0 {
		p.Settle = defaultSettle
	}
	switch {
	case !validName(p.Name):
		return fmt.Errorf("the plan's Name %.80q: use 1 to %d bytes of UTF-8 without control characters", p.Name, maxName)
	case p.Every >= report.Span:
		return fmt.Errorf("the plan %q: its Every is none of report.Day, Week, Month, Quarter and Year", p.Name)
	case p.Zone == time.Local:
		return fmt.Errorf("the plan %q: its Zone is time.Local, which may differ between instances: use time.LoadLocation with a name", p.Name)
	case p.Settle < 0 || p.Settle > maxSettle || p.Every == report.Day && p.Settle >= 24*time.Hour || p.Every == report.Week && p.Settle >= maxSettle:
		return fmt.Errorf("the plan %q: its Settle is %v: use 0 to %v, and less than the period", p.Name, p.Settle, maxSettle)
	case p.Make == nil:
		return fmt.Errorf("the plan %q has no function Make", p.Name)
	case p.Deliver == nil:
		return fmt.Errorf("the plan %q has nothing in Deliver, such as the Sender of cx/insight/mail", p.Name)
	}
	return nil
}

func validName(name string) bool {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) && r != ' ' {
			return false
		}
	}
	return true
}

// key names the plan's record in the store.
func (p *Plan) key() ledger.Key {
	sum := sha256.Sum256([]byte("cairn.schedule.plan.1\x00" + p.Name + "\x00" + p.Every.String() + "\x00" + p.Zone.String()))
	return ledger.Key(sum[:16])
}

// last returns the last period whose report is due at the moment.
func (p *Plan) last(now time.Time) report.Period {
	return p.before(p.Every.Current(now.In(p.Zone).Add(-p.Settle)))
}

// before returns the period before it, and after the one after it.
func (p *Plan) before(of report.Period) report.Period { return p.Every.Current(of.From.Add(-1)) }
func (p *Plan) after(of report.Period) report.Period  { return p.Every.Current(of.Until) }

// due returns when the report of the period is due.
func (p *Plan) due(of report.Period) time.Time { return of.Until.Add(p.Settle) }
