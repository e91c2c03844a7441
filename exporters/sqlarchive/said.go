package sqlarchive

import (
	"cmp"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// Every event of a run, and not only a transition, says what later questions group runs by: the release and the experiment that
// the customer saw, the problem that the customer wants solved, the company that the customer acts for, and what went wrong. The
// latest event that says one of these holds. Two that say it at the same microsecond hold by their texts, the greater one. The
// causes are a set. Both rules give the same row in every order.

// said is what events say about their run.
type said struct {
	release, experiment, arm, intent, account    string
	releaseAt, experimentAt, intentAt, accountAt known
	causes                                       []string // in order, each once, at most maxCauses
}

// maxCauses bounds the causes of a run. Those that come first in the order of their bytes are kept, so that which ones are does
// not depend on the order of the events.
const maxCauses = 32

// saysAnything reports whether an event that is no transition says anything of its run that journeys has.
func saysAnything(e *event.Event) bool {
	return e.Cause != "" || e.Variant != nil || e.Intent != "" || e.Customer.Account != "" ||
		e.Feedback != nil && len(e.Feedback.Causes) > 0 || e.Transition != nil && e.Transition.LastCause != ""
}

// says returns what the event of that time says.
func says(e *event.Event, at int64) said {
	s := said{intent: clean(e.Intent), account: clean(e.Customer.Account)}
	if v := e.Variant; v != nil {
		s.release, s.experiment, s.arm = clean(v.Release), clean(v.Experiment), clean(v.Arm)
	}
	now := known{true, at}
	if s.release != "" {
		s.releaseAt = now
	}
	if s.experiment != "" || s.arm != "" {
		s.experimentAt = now
	}
	if s.intent != "" {
		s.intentAt = now
	}
	if s.account != "" {
		s.accountAt = now
	}
	s.cause(e.Cause)
	if e.Transition != nil {
		s.cause(e.Transition.LastCause)
	}
	if e.Feedback != nil {
		for _, c := range e.Feedback.Causes {
			s.cause(c)
		}
	}
	return s
}

// cause adds a cause, unless it is empty.
func (s *said) cause(c string) {
	if c == "" {
		return
	}
	c = clean(c)
	i, found := slices.BinarySearch(s.causes, c)
	if found || i >= maxCauses {
		return
	}
	s.causes = slices.Insert(s.causes, i, c)
	s.causes = s.causes[:min(len(s.causes), maxCauses)]
}

// merge merges what other events say into s.
func (s *said) merge(o *said) {
	if later(o.releaseAt, s.releaseAt, cmp.Compare(o.release, s.release)) {
		s.release, s.releaseAt = o.release, o.releaseAt
	}
	if later(o.experimentAt, s.experimentAt, cmp.Or(cmp.Compare(o.experiment, s.experiment), cmp.Compare(o.arm, s.arm))) {
		s.experiment, s.arm, s.experimentAt = o.experiment, o.arm, o.experimentAt
	}
	if later(o.intentAt, s.intentAt, cmp.Compare(o.intent, s.intent)) {
		s.intent, s.intentAt = o.intent, o.intentAt
	}
	if later(o.accountAt, s.accountAt, cmp.Compare(o.account, s.account)) {
		s.account, s.accountAt = o.account, o.accountAt
	}
	for _, c := range o.causes {
		s.cause(c)
	}
}

// fill sets the columns of r.
func (s *said) fill(r *row) {
	r.text(colRelease, s.release)
	r.known(colReleaseAt, s.releaseAt)
	r.text(colExperiment, s.experiment)
	r.text(colArm, s.arm)
	r.known(colExperimentAt, s.experimentAt)
	r.text(colIntent, s.intent)
	r.known(colIntentAt, s.intentAt)
	r.text(colAccount, s.account)
	r.known(colAccountAt, s.accountAt)
	if len(s.causes) > 0 {
		r.given(colCauses, string(appendList(nil, s.causes)))
	}
}

// appendList appends the texts as a JSON array, with the escapes that json_group_array of SQLite and to_json of PostgreSQL
// write, so that merged rows are equal wherever they are merged.
func appendList(b []byte, list []string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		for i := range len(s) {
			switch c := s[i]; c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\b':
				b = append(b, '\\', 'b')
			case '\f':
				b = append(b, '\\', 'f')
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				if c < ' ' {
					b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
				} else {
					b = append(b, c)
				}
			}
		}
		b = append(b, '"')
	}
	return append(b, ']')
}

// upsertSaid continues upsert. It merges as [said.merge] does, but for the causes.
const upsertSaid = `,
  release    = CASE WHEN ` + isRelease + ` THEN excluded.release ELSE j.release END,
  release_at = CASE WHEN ` + isRelease + ` THEN excluded.release_at ELSE j.release_at END,
  experiment    = CASE WHEN ` + isExperiment + ` THEN excluded.experiment ELSE j.experiment END,
  arm           = CASE WHEN ` + isExperiment + ` THEN excluded.arm ELSE j.arm END,
  experiment_at = CASE WHEN ` + isExperiment + ` THEN excluded.experiment_at ELSE j.experiment_at END,
  intent    = CASE WHEN ` + isIntent + ` THEN excluded.intent ELSE j.intent END,
  intent_at = CASE WHEN ` + isIntent + ` THEN excluded.intent_at ELSE j.intent_at END,
  account    = CASE WHEN ` + isAccount + ` THEN excluded.account ELSE j.account END,
  account_at = CASE WHEN ` + isAccount + ` THEN excluded.account_at ELSE j.account_at END`

const (
	isRelease    = `(j.release_at IS NULL OR (excluded.release_at, excluded.release) > (j.release_at, j.release))`
	isExperiment = `(j.experiment_at IS NULL OR (excluded.experiment_at, coalesce(excluded.experiment, ''), coalesce(excluded.arm, ''))
    > (j.experiment_at, coalesce(j.experiment, ''), coalesce(j.arm, '')))`
	isIntent  = `(j.intent_at IS NULL OR (excluded.intent_at, excluded.intent) > (j.intent_at, j.intent))`
	isAccount = `(j.account_at IS NULL OR (excluded.account_at, excluded.account) > (j.account_at, j.account))`
)

// sqliteCauses returns SQLite's expression for the first maxCauses of the causes of both rows.
func sqliteCauses() string {
	return fmt.Sprintf(`(SELECT json_group_array(value ORDER BY value) FROM (SELECT value FROM json_each(j.causes)
    UNION SELECT value FROM json_each(excluded.causes) ORDER BY value LIMIT %d))`, maxCauses)
}

// postgresCauses returns PostgreSQL's expression for the same.
func postgresCauses() string {
	return fmt.Sprintf(`(SELECT '[' || string_agg(to_json(value)::text, ',' ORDER BY value) || ']'
    FROM (SELECT value FROM (SELECT json_array_elements_text(j.causes::json) COLLATE "C" AS value
    UNION SELECT json_array_elements_text(excluded.causes::json) COLLATE "C") AS both_rows ORDER BY value LIMIT %d) AS kept)`, maxCauses)
}
