package flight

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Surveys knows the surveys of a client, and what has become of their requests. The recorder of a client is one; [SurveysFrom] finds it.
//
// The methods never panic, and are safe for concurrent use.
type Surveys interface {
	// Survey returns the definition that the client has for the survey: its own of that name and scale, else the given one. It reports
	// and returns nil for a faulty one, and for one that has another scale than the client's own.
	Survey(given event.Definition) event.Definition
	// Policy returns the contact policy that has the purpose, or nil.
	Policy(purpose string) event.Definition
	// Pseudonym returns the customer's pseudonym. It fails without a key, and for a customer without an ID.
	Pseudonym(c event.Customer) (string, error)
	// Requested returns what has become of a request. It may wait for a store, until ctx is done at most.
	Requested(ctx context.Context, request event.ID) (Requested, error)
	// Committed returns nil when the store has what was recorded of requests before the call, and an error when ctx is done first.
	Committed(ctx context.Context) error
}

// Runs knows the runs of a client. The recorder of a client is one.
type Runs interface {
	// Has reports whether there is a run of this position, live or over. It may wait for a store, until ctx is done at most. It never panics.
	Has(ctx context.Context, p *Position) (bool, error)
	// Over reports whether this process knows that the run of this position has ended. It does not ask a store, and never panics.
	Over(p *Position) bool
}

// SurveysFrom returns the surveys of the recorder in ctx, or nil.
func SurveysFrom(ctx context.Context) Surveys {
	s, _ := RecorderFrom(ctx).(Surveys)
	return s
}

// Requested is what has become of a request for feedback: package feedback says what the fields mean.
type Requested struct {
	Known          bool
	Shown          bool
	Ended          event.SurveyEnd
	Over           bool
	Score, Amended int
	Expires        time.Time
}
