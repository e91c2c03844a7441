// Package report makes the report about the journeys of a log, as JSON for scripts and as text for people. It counts the events
// that a client delivers. The client decides which events there are and how a journey proceeds.
package report

import (
	"fmt"
	"io"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// Title is the report's title.
const Title = "Customer journeys"

// Report is the result of a replay. Its JSON form is stable: a new release may add keys, and never renames a
// key or changes its meaning. Lists are never null.
type Report struct {
	Title     string   `json:"title"`
	Blueprint string   `json:"blueprint"`
	Files     []string `json:"files"`
	Period    Period   `json:"period"`
	// Events is the number of events that were replayed. Unknown counts those with a name that is not in the
	// blueprint, and Late those that came after the end of their run.
	Events   int64 `json:"events"`
	Rejected int64 `json:"rejected"` // rows that could not be read, and events that the client dropped
	Unknown  int64 `json:"unknown"`
	// Outside counts the rows of runs that did not begin in the requested period.
	Outside int64 `json:"outside_period"`
	// Again counts duplicates: events whose ID had been read before.
	Again int64 `json:"duplicates"`
	Late  int64 `json:"late"`
	// UnknownNames are the names that are not in the blueprint, with the most frequent first. UnknownRest
	// counts the names that the list omits.
	UnknownNames []UnknownName `json:"unknown_names"`
	UnknownRest  UnknownRest   `json:"unknown_names_left_off"`
	// UnknownChannels are spellings that stand for no channel, in alphabetical order.
	UnknownChannels []string `json:"unknown_channels"`
	// Journeys are in the order of the blueprint.
	Journeys []Journey `json:"journeys"`
	// Touchpoints and Failures are those in no journey.
	Touchpoints []Touchpoint `json:"touchpoints"`
	Failures    []Failure    `json:"failures"`
	// Surveys are in the order of the blueprint.
	Surveys  []Survey `json:"surveys"`
	Mentions Mentions `json:"mentions"`
	// Asked says how often customers were asked, by all surveys together, by quarter.
	Asked []score.Quarter `json:"asked"`
	// People is nil if the log has no contact with people.
	People *People `json:"contacts_with_people,omitempty"`
	// Efforts is nil if the log has no contact of which both the customer and the intent are known.
	Efforts *Efforts `json:"efforts,omitempty"`
	// Contacts is nil if the blueprint has no contact policy.
	Contacts *Contacts `json:"contacts,omitempty"`

	// Location is the time zone of the text. Default: UTC.
	Location *time.Location `json:"-"`
}

// Period is the time that the report is about. Times are UTC in JSON. A nil time is not set.
type Period struct {
	// From and Until are the requested period, both included. A run counts if it began in the period.
	From  *time.Time `json:"from"`
	Until *time.Time `json:"until"`
	// First and Last are the times of the first and the last replayed event. LogFirst and LogLast are those of
	// the whole log.
	First    *time.Time `json:"first_event"`
	Last     *time.Time `json:"last_event"`
	LogFirst *time.Time `json:"log_first_event"`
	LogLast  *time.Time `json:"log_last_event"`
	// Followed is the time until which runs were followed. A run that had not ended by then is active.
	Followed *time.Time `json:"followed_until"`
}

// UnknownName is a name that is not in the blueprint.
type UnknownName struct {
	Kind  string `json:"kind"` // "touchpoint", "journey", "stage", "survey", "purpose", "queue", "intent" or "cause"
	Name  string `json:"name"`
	Count int64  `json:"count"`
	// Suggestion is the name of the blueprint that was probably meant, or "".
	Suggestion string `json:"suggestion,omitempty"`
	// Stage means that the touchpoint has the name of a stage of the blueprint. A log names touchpoints, which bring runs into stages.
	Stage bool `json:"is_stage,omitempty"`
}

// UnknownRest counts the names that a list omits, and their events.
type UnknownRest struct {
	Names int64 `json:"names"` // a lower bound: names beyond the first 20,000 count as one
	Count int64 `json:"count"`
}

// Journey has the results of the runs of one journey.
type Journey struct {
	Name    string `json:"name"`
	Started int64  `json:"started"`
	// StartedBefore counts runs whose end is in the log but whose start is not.
	StartedBefore int64 `json:"started_before"`
	// Active counts runs that had begun and not ended at the end of the log.
	Active   int64     `json:"active"`
	Ended    Ended     `json:"ended"`
	Duration Durations `json:"duration_seconds"`
	// Causes are the causes of ends that have one, with the most frequent first.
	Causes   []EndCause `json:"end_causes"`
	AfterEnd AfterEnds  `json:"after_end"`
	// Stages and Touchpoints are in the order of the blueprint. Those without an event in the log have zeros.
	// NoStage counts the runs that were in no stage.
	Stages      []Stage      `json:"stages"`
	NoStage     Where        `json:"no_stage"`
	Touchpoints []Touchpoint `json:"touchpoints"`
	// Failures are by touchpoint, cause and error type, with the most frequent first.
	Failures []Failure `json:"failures"`
	// Promises are in the order of the definition.
	Promises []Promise `json:"promises"`
	Friction Friction  `json:"friction"`
}

// Ended counts runs by outcome.
type Ended struct {
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	Abandoned int64 `json:"abandoned"`
}

func (e *Ended) sum() int64 { return e.Completed + e.Failed + e.Cancelled + e.Abandoned }

// EndCause counts the runs that ended with one outcome and one cause.
type EndCause struct {
	Outcome string `json:"outcome"`
	Cause   string `json:"cause"`
	Count   int64  `json:"count"`
}

// Durations has the durations of runs by outcome. It leaves out outcomes that did not occur.
type Durations struct {
	Completed *Duration `json:"completed,omitempty"`
	Failed    *Duration `json:"failed,omitempty"`
	Cancelled *Duration `json:"cancelled,omitempty"`
	Abandoned *Duration `json:"abandoned,omitempty"`
}

// Duration summarises durations, in seconds. P50 and P90 are exact, by the nearest rank: see
// [series.Series.Summary].
type Duration struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	Max   float64 `json:"max"`
}

// AfterEnds has the events after the ends of runs, by outcome.
type AfterEnds struct {
	Completed AfterEnd `json:"completed"`
	Failed    AfterEnd `json:"failed"`
	Cancelled AfterEnd `json:"cancelled"`
	Abandoned AfterEnd `json:"abandoned"`
}

// AfterEnd counts the events after the ends of runs with one outcome.
type AfterEnd struct {
	// Runs counts the runs with an event after their end. Share is Runs divided by all runs with this outcome,
	// or 0 if there are none.
	Runs  int64   `json:"runs"`
	Share float64 `json:"share"`
	// Events counts the touchpoints and the feedback after the end. Feedback counts the feedback alone.
	Events   int64 `json:"events"`
	Feedback int64 `json:"feedback"`
	// Completed counts the runs that met a touchpoint after their end that would have completed them.
	Completed int64 `json:"completed_after_all"`
}

// Stage has the results of one stage of a journey.
type Stage struct {
	Name string `json:"name"`
	// Entered counts the runs that reached the stage. Visits counts every entry.
	Entered int64 `json:"entered"`
	Visits  int64 `json:"visits"`
	// Conversion is Entered divided by Started, or 0 if no run started.
	Conversion float64 `json:"conversion"`
	// Duration summarises the visits that are over, because the run left the stage or ended.
	Duration Duration `json:"duration_seconds"`
	// Expect is the expected maximum length of a visit in seconds, or nil if the blueprint sets none.
	Expect *float64 `json:"expect_seconds"`
	// Stalled counts the visits that lasted Expect or longer. StalledShare is Stalled divided by Visits.
	Stalled      int64   `json:"stalled"`
	StalledShare float64 `json:"stalled_share"`
	Where
}

// Where counts the runs that ended at one place, and the runs that are still there.
type Where struct {
	Ended  Ended `json:"ended"`
	Active int64 `json:"active"`
}

// Touchpoint has the results of one touchpoint: how often customers met it, on which channels, and with which
// outcomes.
type Touchpoint struct {
	Name     string           `json:"name"`
	Count    int64            `json:"count"`
	Channels map[string]int64 `json:"channels"`
	Outcomes Outcomes         `json:"outcomes"`
	// Apdex is nil if the blueprint sets no target.
	Apdex *Apdex `json:"apdex"`
}

// Outcomes counts interactions by outcome.
type Outcomes struct {
	OK        int64 `json:"ok"`
	Degraded  int64 `json:"degraded"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	Abandoned int64 `json:"abandoned"`
}

// Apdex is an Apdex score (Apdex Technical Specification 1.1). A customer is satisfied up to the target T,
// tolerating up to 4T, and frustrated beyond 4T or by a failure. Cancelled and abandoned interactions are not
// samples.
type Apdex struct {
	Target     float64 `json:"target_seconds"`
	Satisfied  int64   `json:"satisfied"`
	Tolerating int64   `json:"tolerating"`
	Frustrated int64   `json:"frustrated"`
	Samples    int64   `json:"samples"`
	// Unmeasured counts interactions that did not fail and whose duration is not in the log. They are not
	// samples.
	Unmeasured int64 `json:"unmeasured"`
	// Score is (satisfied + tolerating/2) / samples, and Interval its interval at 95%. Both are nil without a sample ("NS"), and if only
	// failures could be samples, as in a log without durations.
	Score    *float64        `json:"score"`
	Interval *stats.Interval `json:"interval"`
	// Small means that there are fewer than 100 samples. The text marks such a score with *.
	Small bool `json:"small_group"`
}

// Failure counts the failed interactions with one touchpoint, cause and error type. An empty string is unknown.
type Failure struct {
	Touchpoint string `json:"touchpoint"`
	Cause      string `json:"cause"`
	ErrorType  string `json:"error_type"`
	Count      int64  `json:"count"`
}

// Survey has the answers to one survey on one scale, in one version of its texts. An answer that was amended counts with what the customer
// said last. Package score has the definitions, and what is hidden.
type Survey struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Scale   string `json:"scale"`
	// Requested is the number of requests, and Responses that of the answers. Solicited is how many of them have a request, and Amended how
	// many of them have been changed.
	Requested int64 `json:"requested"`
	Responses int64 `json:"responses"`
	Solicited int64 `json:"solicited"`
	Amended   int64 `json:"amended"`
	// Hidden means that fewer than [score.MinGroup] customers have answered. The counts of verdicts and causes are then 0, and all scores nil.
	Hidden bool `json:"hidden"`
	// Positive, Neutral and Negative count responses by the published reading of the scale.
	Positive int64 `json:"positive"`
	Neutral  int64 `json:"neutral"`
	Negative int64 `json:"negative"`
	// Mean is the mean answer in units of the scale. Mean, PositiveShare and NPS are nil without a response.
	Mean *float64 `json:"mean"`
	// PositiveShare is Positive divided by Responses.
	PositiveShare *float64 `json:"positive_share"`
	// NPS is the Net Promoter Score, from -100 to 100, or nil on other scales.
	NPS *float64 `json:"nps"`
	// The intervals at 95%: of Mean, of the three shares, and of NPS. Each is nil where its number is.
	MeanInterval     *stats.Interval `json:"mean_interval"`
	PositiveInterval *stats.Interval `json:"positive_interval"`
	NeutralInterval  *stats.Interval `json:"neutral_interval"`
	NegativeInterval *stats.Interval `json:"negative_interval"`
	NPSInterval      *stats.Interval `json:"nps_interval"`
	// Causes are the causes that customers named in their responses, with the most frequent first.
	Causes []NamedCause `json:"causes"`
	// Response is what became of the requests.
	Response score.Response `json:"response"`
	// Segments are the groups of customers, in alphabetical order; none if no customer has one.
	Segments []score.Segment `json:"segments"`
}

// NamedCause counts the responses that name one cause. Share is their part of all responses.
type NamedCause struct {
	Cause    string         `json:"cause"`
	Count    int64          `json:"count"`
	Share    float64        `json:"share"`
	Interval stats.Interval `json:"interval"`
}

// Mentions counts what customers said without being asked, by sentiment and by nature.
type Mentions struct {
	Count    int64 `json:"count"`
	Positive int64 `json:"positive"`
	Neutral  int64 `json:"neutral"`
	Negative int64 `json:"negative"`

	Complaints  int64 `json:"complaints"`
	Compliments int64 `json:"compliments"`
	Questions   int64 `json:"questions"`
	Suggestions int64 `json:"suggestions"`
}

// WriteJSON writes the report as indented JSON with a line end.
func (r *Report) WriteJSON(w io.Writer) error {
	if err := JSON(w, r, "  "); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func newDuration(s *series.Series) (Duration, error) {
	sum, err := s.Summary()
	return Duration{
		Count: sum.Count, Mean: sum.Mean.Seconds(), P50: sum.P50.Seconds(), P90: sum.P90.Seconds(), Max: sum.Max.Seconds(),
	}, err
}

// durationOf converts seconds of the report to a duration.
func durationOf(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
