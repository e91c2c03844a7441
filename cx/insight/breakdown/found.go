package breakdown

import (
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// About is the kind of thing that a chart is about: see [insight.About].
type About = insight.About

// The kinds: see those of package insight, such as [insight.AboutJourney].
const (
	OfJourney    = insight.AboutJourney
	OfStage      = insight.AboutStage
	OfTouchpoint = insight.AboutTouchpoint
	OfCause      = insight.AboutCause
	OfQueue      = insight.AboutQueue
	OfPromise    = insight.AboutPromise
	OfSurvey     = insight.AboutSurvey
)

// Subject is what a chart and a breakdown are about.
type Subject = insight.Subject

// Found is a lasting change that the charts show.
type Found struct {
	Subject

	// Better is set for an improvement.
	Better bool `json:"better,omitempty"`
	// Began is the day on which it began, at its first moment in the zone of the charts. Last is the last day that was judged.
	Began time.Time `json:"began"`
	Last  time.Time `json:"last"`
	// Drift is set where the share has been changing for weeks, and did not begin on a day. It is no breakdown. It is never set for
	// one that is open, whose baseline stays: one that becomes worse and worse is still the same.
	Drift bool `json:"drift,omitempty"`
	// P is how likely so much is by chance in 90 days, adjusted over all charts of the refresh (Benjamini and Hochberg 1995).
	P float64 `json:"p"`
	// Before is the share of the baseline, and Since that of the days from Began to Last.
	Before score.Share `json:"before"`
	Since  score.Share `json:"since"`
	// Excess is how many more bad events than usual there were since Began, on so many Days: those that have events and are not out. PerDay is Excess by such a day. Excess and
	// PerDay are negative for an improvement.
	Excess float64 `json:"excess"`
	Days   int     `json:"days,omitempty"`
	PerDay float64 `json:"per_day"`
	// BaselineFrom and BaselineUntil are the days of the baseline, without the last. They stay while the breakdown is open.
	BaselineFrom  time.Time `json:"baseline_from"`
	BaselineUntil time.Time `json:"baseline_until"`
	// Also are further subjects whose charts show the same: the stage of a touchpoint, the journey of a stage.
	Also []Subject `json:"also,omitempty"`
	// Coincides are the changes on the day on which it began, the day before or the day after. It began since then, which does not say that it began because of them.
	Coincides []insight.DailyChange `json:"coincides,omitempty"`
}
