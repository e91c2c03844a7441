// Package report says what the journeys of a log looked like: as JSON that others script against,
// and as text for people. It counts what a client delivers; what is an event and how a journey
// goes is decided there.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
)

// Title is the report's title.
const Title = "Customer journeys"

// Report is the result. Its JSON form is stable: keys are added, never renamed, and never mean
// something else. Lists are never null.
type Report struct {
	Title     string   `json:"title"`
	Blueprint string   `json:"blueprint"`
	Files     []string `json:"files"`
	Period    Period   `json:"period"`
	// Events that were replayed. Unknown of them had a name that the blueprint does not have, and
	// Late came after the end of their run.
	Events   int64 `json:"events"`
	Rejected int64 `json:"rejected"` // rows that are no events
	Unknown  int64 `json:"unknown"`
	// Outside counts the rows of runs that did not begin in the requested period.
	Outside int64 `json:"outside_period"`
	// Again counts events whose ID had been read before: they are the same event.
	Again int64 `json:"duplicates"`
	Late  int64 `json:"late"`
	// UnknownNames are the most frequent names that the blueprint does not have, the most frequent
	// first. UnknownRest counts those that the list leaves off.
	UnknownNames []UnknownName `json:"unknown_names"`
	UnknownRest  UnknownRest   `json:"unknown_names_left_off"`
	// UnknownChannels are spellings that mean no channel, in the order of the alphabet.
	UnknownChannels []string `json:"unknown_channels"`
	// Journeys in the order of the blueprint.
	Journeys []Journey `json:"journeys"`
	// Touchpoints and Failures are those of no journey.
	Touchpoints []Touchpoint `json:"touchpoints"`
	Failures    []Failure    `json:"failures"`
	// Surveys in the order of the blueprint.
	Surveys  []Survey `json:"surveys"`
	Mentions Mentions `json:"mentions"`

	// Location is the time zone of the text. Default: UTC.
	Location *time.Location `json:"-"`
}

// Period says which time the report is about. Times are UTC in JSON; nil is none.
type Period struct {
	// From and Until are the requested period, both included: a run is counted if it began in it.
	From  *time.Time `json:"from"`
	Until *time.Time `json:"until"`
	// First and Last are the times of the first and the last event that was replayed, LogFirst and
	// LogLast those of the whole log.
	First    *time.Time `json:"first_event"`
	Last     *time.Time `json:"last_event"`
	LogFirst *time.Time `json:"log_first_event"`
	LogLast  *time.Time `json:"log_last_event"`
	// Followed is until when runs were followed: what was under way then is still under way here.
	Followed *time.Time `json:"followed_until"`
}

// UnknownName is a name that the blueprint does not have.
type UnknownName struct {
	Kind  string `json:"kind"` // "touchpoint", "journey", "stage" or "survey"
	Name  string `json:"name"`
	Count int64  `json:"count"`
	// Suggestion is the name of the blueprint that may have been meant, or "".
	Suggestion string `json:"suggestion,omitempty"`
}

// UnknownRest counts what a list of names leaves off.
type UnknownRest struct {
	Names int64 `json:"names"` // at least: names beyond the first 20,000 are not told apart
	Count int64 `json:"count"`
}

// Journey is what the runs of one journey were like.
type Journey struct {
	Name    string `json:"name"`
	Started int64  `json:"started"`
	// StartedBefore runs ended in the log, which does not have their start.
	StartedBefore int64 `json:"started_before"`
	// Active runs had begun and not ended when the log was cut.
	Active   int64     `json:"active"`
	Ended    Ended     `json:"ended"`
	Duration Durations `json:"duration_seconds"`
	// Causes of the ends that have one, the most frequent first.
	Causes   []EndCause `json:"end_causes"`
	AfterEnd AfterEnds  `json:"after_end"`
	// Stages in the order of the blueprint, and Touchpoints too; those that the log does not have
	// are there with zeros. NoStage is where the runs were that were in no stage.
	Stages      []Stage      `json:"stages"`
	NoStage     Where        `json:"no_stage"`
	Touchpoints []Touchpoint `json:"touchpoints"`
	// Failures by touchpoint, cause and error type, the most frequent first.
	Failures []Failure `json:"failures"`
}

// Ended counts runs by their ends.
type Ended struct {
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	Abandoned int64 `json:"abandoned"`
}

func (e *Ended) sum() int64 { return e.Completed + e.Failed + e.Cancelled + e.Abandoned }

// EndCause counts the runs that ended in one way for one cause.
type EndCause struct {
	Outcome string `json:"outcome"`
	Cause   string `json:"cause"`
	Count   int64  `json:"count"`
}

// Durations are how long runs took, by their ends: those that there were.
type Durations struct {
	Completed *Duration `json:"completed,omitempty"`
	Failed    *Duration `json:"failed,omitempty"`
	Cancelled *Duration `json:"cancelled,omitempty"`
	Abandoned *Duration `json:"abandoned,omitempty"`
}

// Duration is what a number of durations is like, in seconds. P50 and P90 are exact, by the nearest
// rank: see [series.Series.Summary].
type Duration struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	Max   float64 `json:"max"`
}

// AfterEnds say what came after the ends of runs, by the ends.
type AfterEnds struct {
	Completed AfterEnd `json:"completed"`
	Failed    AfterEnd `json:"failed"`
	Cancelled AfterEnd `json:"cancelled"`
	Abandoned AfterEnd `json:"abandoned"`
}

// AfterEnd counts what came after the end of runs that ended in one way.
type AfterEnd struct {
	// Runs that came back: something came after their end. Share is Runs by those that ended so, 0
	// where none did.
	Runs  int64   `json:"runs"`
	Share float64 `json:"share"`
	// Events are the touchpoints and the feedback that came; Feedback is the feedback among them.
	Events   int64 `json:"events"`
	Feedback int64 `json:"feedback"`
	// Completed runs met a touchpoint, too late, that would have completed them.
	Completed int64 `json:"completed_after_all"`
}

// Stage is what one stage of a journey was like.
type Stage struct {
	Name string `json:"name"`
	// Entered counts runs that reached the stage, Visits every entry.
	Entered int64 `json:"entered"`
	Visits  int64 `json:"visits"`
	// Conversion is Entered by Started, 0 where no run started.
	Conversion float64 `json:"conversion"`
	// Duration of visits that are over: the stage was left, or the run ended.
	Duration Duration `json:"duration_seconds"`
	// Expect is how long a visit may take, in seconds; nil where nothing is expected.
	Expect *float64 `json:"expect_seconds"`
	// Stalled visits lasted Expect at least. StalledShare is Stalled by Visits.
	Stalled      int64   `json:"stalled"`
	StalledShare float64 `json:"stalled_share"`
	Where
}

// Where counts the runs that ended in one place, and those that are still there.
type Where struct {
	Ended  Ended `json:"ended"`
	Active int64 `json:"active"`
}

// Touchpoint is how often customers met one touchpoint, on which channels, and how it went.
type Touchpoint struct {
	Name     string           `json:"name"`
	Count    int64            `json:"count"`
	Channels map[string]int64 `json:"channels"`
	Outcomes Outcomes         `json:"outcomes"`
	// Apdex is nil where the blueprint sets no target.
	Apdex *Apdex `json:"apdex"`
}

// Outcomes counts interactions by how they went.
type Outcomes struct {
	OK        int64 `json:"ok"`
	Degraded  int64 `json:"degraded"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	Abandoned int64 `json:"abandoned"`
}

// Apdex is an Apdex score (Apdex Technical Specification 1.1): up to the target T is satisfied, up
// to 4T tolerating, longer, and every failure, frustrated. Interactions that were cancelled or
// abandoned are no samples.
type Apdex struct {
	Target     float64 `json:"target_seconds"`
	Satisfied  int64   `json:"satisfied"`
	Tolerating int64   `json:"tolerating"`
	Frustrated int64   `json:"frustrated"`
	Samples    int64   `json:"samples"`
	// Unmeasured interactions did not fail, and the log does not say how long they took: they are no
	// samples.
	Unmeasured int64 `json:"unmeasured"`
	// Score is (satisfied + tolerating/2) / samples, nil without a sample ("NS"). It is nil, too,
	// where only failures could be samples, as in a log without durations.
	Score *float64 `json:"score"`
	// Small says that there are fewer than 100 samples, which the text marks with *.
	Small bool `json:"small_group"`
}

// Failure counts the failed interactions of one touchpoint, cause and error type; "" is not known.
type Failure struct {
	Touchpoint string `json:"touchpoint"`
	Cause      string `json:"cause"`
	ErrorType  string `json:"error_type"`
	Count      int64  `json:"count"`
}

// Survey is what customers answered to one survey on one scale.
type Survey struct {
	Name      string `json:"name"`
	Scale     string `json:"scale"`
	Requested int64  `json:"requested"`
	Responses int64  `json:"responses"`
	// Positive, Neutral and Negative responses, by the scale's published reading.
	Positive int64 `json:"positive"`
	Neutral  int64 `json:"neutral"`
	Negative int64 `json:"negative"`
	// Mean of the answers, in the scale's own units; nil without a response, as are the others.
	Mean *float64 `json:"mean"`
	// PositiveShare is Positive by Responses.
	PositiveShare *float64 `json:"positive_share"`
	// NPS is the Net Promoter Score, -100 to 100: nil on other scales.
	NPS *float64 `json:"nps"`
	// Causes that customers named in their responses, the most frequent first.
	Causes []NamedCause `json:"causes"`
}

// NamedCause counts the responses that name one cause.
type NamedCause struct {
	Cause string `json:"cause"`
	Count int64  `json:"count"`
}

// Mentions count what was said in public, by its sentiment.
type Mentions struct {
	Count    int64 `json:"count"`
	Positive int64 `json:"positive"`
	Neutral  int64 `json:"neutral"`
	Negative int64 `json:"negative"`
}

// WriteJSON writes the report as JSON, indented, with a line's end.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
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

// durationOf turns seconds of the report back.
func durationOf(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
