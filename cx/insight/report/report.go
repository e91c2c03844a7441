package report

import (
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
)

// Report is what [Make] found out. Durations are in nanoseconds in JSON, and names are as they came: the writers make them safe to show.
type Report struct {
	Title string `json:"title"`
	Kind  Kind   `json:"kind"`
	// Now is the period of the report, Before the one before it, and YearAgo the same one a year ago. The latter two are zero without a comparison.
	Now     Period `json:"period"`
	Before  Period `json:"before,omitzero"`
	YearAgo Period `json:"year_ago,omitzero"`
	// At is the moment of the report, and Zone the name of its time zone.
	At   time.Time `json:"at,omitzero"`
	Zone string    `json:"zone"`
	// Trend is the number of periods of trends.
	Trend int `json:"trend"`
	// Journey is the one that the report is about; "" is all.
	Journey string `json:"journey,omitempty"`

	// Headline is the report in a sentence, and Lines are its first page, in the order of the sections.
	Headline string `json:"headline"`
	Lines    []Line `json:"lines"`

	// Few means that each journey is of fewer than five customers up to the moment: then no journey is shown.
	Few bool `json:"few,omitempty"`
	// Journeys are those that have runs, the one of the most promises or runs first: those of the blueprint, and the 50 largest others. Others are the rest.
	Journeys []Journey     `json:"journeys"`
	Others   OtherJourneys `json:"other_journeys,omitzero"`
	// Breakdowns are those that took a step in the period or were open at its end: those with a broken promise first, then those that cost most, and improvements last.
	Breakdowns []Breakdown `json:"breakdowns,omitempty"`
	// Promises are in the order of what matters: the one that misses its target by most first.
	Promises []Promise `json:"promises"`
	// Friday is the time up to which [Promise.Breaking] looks: the end of the next Friday after At.
	Friday time.Time `json:"friday,omitzero"`
	// Backlog are the open runs that are late, by promise, the one with the most of them first. Promises without an open run are left out.
	Backlog []Backlog `json:"backlog"`
	Groups  []Groups  `json:"groups"`
	Slow    []Slow    `json:"slow"`
	// Reopened is journey by journey, the one first of which most runs were taken up again.
	Reopened []Reopened `json:"reopened"`
	// Voice is what customers said, and Support how contacts with people went; nil without contacts.
	Voice    *Voice           `json:"voice,omitempty"`
	Support  *insight.Support `json:"support,omitempty"`
	GoesWith []GoesWith       `json:"goes_with"`

	// Missing says what the report has nothing about, and what to add to the blueprint to have it.
	Missing []Line `json:"missing"`
	Foot    Foot   `json:"foot"`

	quiet bool // breakdowns are looked for, and there is none
}

// Section is a part of a report.
type Section string

// The sections in the order of the page.
const (
	SectionBreakdowns Section = "breakdowns" // what has lastingly become worse
	SectionPromises   Section = "promises"
	SectionTrend      Section = "trend"
	SectionBacklog    Section = "backlog" // open runs that are late
	SectionOpen       Section = "open"
	SectionFlow       Section = "flow" // what came and what ended
	SectionTime       Section = "time"
	SectionGroups     Section = "groups"
	SectionReopened   Section = "reopened"
	SectionVoice      Section = "voice"
	SectionSupport    Section = "support"
	SectionGoesWith   Section = "goes with it"
	SectionMended     Section = "mended"
)

// Line is a sentence about a section.
type Line struct {
	Section Section `json:"section"`
	Text    string  `json:"text"`
	// Bad marks a line of what is worse than it should be, by more than chance.
	Bad bool `json:"bad,omitempty"`

	clauses []string // of the text, the most important one first
}

// Change is a share now less the same share in another period.
type Change struct {
	// Difference has the interval of Newcombe, and P is that of [stats.SharesTest].
	Difference score.Difference `json:"difference"`
	Chance
}

// Chance says whether a difference is more than chance.
type Chance struct {
	// P is the probability of such a difference by chance alone. Adjusted is P after Benjamini and Hochberg over all changes of the report, and Differs whether that
	// is at most 5%.
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`
	Differs  bool    `json:"differs"`
}

// OtherJourneys are journeys that the blueprint does not have and that are not among the largest. Runs are theirs of all time up to the moment, as far as
// it is known how they stand, without journeys of fewer than five customers.
type OtherJourneys struct {
	Journeys int   `json:"journeys"`
	Runs     int64 `json:"runs"`
}

// Journey is how the runs of a journey fared.
type Journey struct {
	Name string `json:"name"`
	// Hidden means that the journey has fewer than five customers in the period, or that those would follow from it.
	Hidden bool `json:"hidden,omitempty"`
	// Began and BeganBefore are how many runs began in the period and in the one before.
	Began       int64 `json:"began"`
	BeganBefore int64 `json:"began_before"`
	// Ended are those that ended in the period, and EndedBefore those of the one before. Completed is the change of the completed share.
	Ended       insight.Outcomes `json:"ended"`
	EndedBefore insight.Outcomes `json:"ended_before"`
	Completed   *Change          `json:"completed_change,omitempty"`
	// Trend is the completed share of the runs that ended, by period.
	Trend []Point `json:"trend"`
	// Open are the runs of all periods as they were at the moment: Open, Ages and Oldest.
	Open insight.Outcomes `json:"open"`
	// Time is where the time of the runs went that ended in the period; nil if there is none.
	Time *paths.Time `json:"time,omitempty"`
	// AfterTouchpoints means that Time is by touchpoint, each until the next one, because the journey has no stages.
	AfterTouchpoints bool `json:"after_touchpoints,omitempty"`
	// Waited is how long the customers of those runs waited for people.
	Waited insight.Waiting `json:"waited"`
}

// Promise is how one promise stands.
type Promise struct {
	Journey string `json:"journey"`
	Name    string `json:"name"`
	// Within is the promised time in words, such as "5 business days"; "" if the blueprint does not have it.
	Within string `json:"within,omitempty"`
	// Target is the share that is to be kept: that of the promise, else that of an objective on it; 0 is none. Verdict is what the kept share is beside it.
	Target  float64 `json:"target,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Now has the promises that fell due in the period, Before those of the one before, and YearAgo those of a year ago. Kept is their Matured.
	Now        insight.Standing `json:"now"`
	Before     insight.Standing `json:"before"`
	YearAgo    insight.Standing `json:"year_ago"`
	Change     *Change          `json:"change,omitempty"`
	ChangeYear *Change          `json:"change_year,omitempty"`
	// Trend is the kept share by period, the period of the report last.
	Trend []Point `json:"trend"`
	// Open are not settled at the moment, whenever they fall due. Stopped, Overdue and Breaking by Report.Friday are as in [insight.Standing].
	Open       int64    `json:"open"`
	Stopped    int64    `json:"stopped"`
	Overdue    int64    `json:"overdue"`
	Breaking   int64    `json:"breaking"`
	Objectives []string `json:"objectives,omitempty"`
}

// kept returns the share of those that are settled and due.
func (p *Promise) kept() score.Share { return p.Now.Matured }

// broken returns how many of those are broken.
func (p *Promise) broken() int64 { return p.Now.Matured.N - p.Now.Matured.Count }

// Point is a share in a period.
type Point struct {
	Period
	Share score.Share `json:"share"`
}

// Verdict is what a kept share is beside its target.
type Verdict string

// The verdicts. May be chance means that the target lies in the interval of the share.
const (
	Met          Verdict = "met"
	MetMaybe     Verdict = "met, may be chance"
	MissedMaybe  Verdict = "missed, may be chance"
	Missed       Verdict = "missed"
	NoTarget     Verdict = "no target"
	NotKnown     Verdict = "not known"
	NothingIsDue Verdict = "nothing fell due"
)

// Groups are the groups of a column, by how they keep a promise.
type Groups struct {
	Column  insight.Column `json:"column"`
	Journey string         `json:"journey"`
	Promise string         `json:"promise"`
	// List has the groups, those with the most broken promises in excess first.
	List []Group `json:"groups"`
}

// Group is a group of runs beside all others. A hidden group has no numbers.
type Group struct {
	Value string `json:"value"`
	// Kept is the share of kept promises, and Others that of the other groups; of an arm, of the other arms of its experiment.
	Kept   score.Share `json:"kept"`
	Others score.Share `json:"others"`
	Change
	// Excess is how many promises more were broken than with the share of the others.
	Excess float64 `json:"excess"`
	Hidden bool    `json:"hidden,omitempty"`
}

// Slow is how long the runs of a group took that were completed in the period, of a group with 30 of them or more.
type Slow struct {
	Column  insight.Column `json:"column"`
	Journey string         `json:"journey"`
	Value   string         `json:"value"`
	Took    insight.Times  `json:"took"`
	// All is how long those of the journey took.
	All insight.Times `json:"all"`
}

// Reopened is what of a journey was not over when it had ended in the period, as far as the moment of the report.
type Reopened struct {
	Journey string            `json:"journey"`
	Now     insight.Reopening `json:"now"`
	// Before is that of the period before at the same age: at the moment that was as long after its end as the report is after the end of its own period.
	Before insight.Reopening `json:"before"`
	Change *Change           `json:"change,omitempty"`
}

// GoesWith is what goes with broken promises, or with runs that were not completed, in all periods of the trend; or what got worse since the period before.
type GoesWith struct {
	Journey string `json:"journey"`
	// Promise is the promise that the bad runs broke; "" if the bad runs are those that were not completed.
	Promise string `json:"promise,omitempty"`
	// Period is that in which the runs began. Worse marks what got worse in the period of the report since the one before.
	Period Period `json:"period"`
	Worse  bool   `json:"worse,omitempty"`
	insight.GoesWith
	// Sentences say the findings in words.
	Sentences []string `json:"sentences"`
}

// Foot says what the numbers of a report rest on.
type Foot struct {
	// Rows is the number of runs in the table that are in the viewer's scope, and Events that of the table's events; 0 for a viewer with a scope.
	Rows   int64 `json:"rows"`
	Events int64 `json:"events"`
	// Unknown are runs that ended in the period, of which it is not known how or when. Young are promises that fell due in the period and have not had
	// their time at the moment.
	Unknown int64 `json:"unknown"`
	Young   int64 `json:"young"`
	// Withdrawn are promises that were taken back. They count neither as kept nor as broken.
	Withdrawn int64 `json:"withdrawn"`
	// Outside, Unused, Repeated and Coarse are as in insight.State.
	Outside  int64 `json:"outside,omitempty"`
	Unused   int64 `json:"unused,omitempty"`
	Repeated int64 `json:"repeated,omitempty"`
	Coarse   int64 `json:"coarse,omitempty"`
	// Held is since when later events are held back at the source; zero is none.
	Held time.Time `json:"held,omitzero"`
	// Partial means that the period had not ended at the moment.
	Partial bool `json:"partial,omitempty"`
}
