package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// seenSource notes what the events of a source have while a table takes them: it knows what a command line may have meant.
type seenSource struct {
	insight.Source

	attributes map[string]bool // by their keys
	first      time.Time       // of the earliest event
	near       nearIDs
}

// Scan implements [insight.Source].
func (o *seenSource) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	return o.Source.Scan(ctx, s, func(e *event.Event) error {
		for _, kv := range e.Attributes {
			if key := string(kv.Key); !o.attributes[key] {
				o.attributes[key] = true
			}
		}
		if o.first.IsZero() || e.Time.Before(o.first) {
			o.first = e.Time
		}
		o.near.see(e)
		return each(e)
	})
}

// source returns the source with the abilities of the one below.
func (o *seenSource) source() insight.Source {
	able := ableSource{Source: o}
	if d, ok := o.Source.(insight.Distinct); ok {
		able.distinct = d.Distinct()
	}
	if s, ok := o.Source.(insight.Sequential); ok {
		able.sequential = s.Sequential()
	}
	return able
}

// ableSource is a source with abilities.
type ableSource struct {
	insight.Source

	distinct, sequential bool
}

// Distinct implements [insight.Distinct].
func (s ableSource) Distinct() bool { return s.distinct }

// Sequential implements [insight.Sequential].
func (s ableSource) Sequential() bool { return s.sequential }

// Resumes implements [insight.Resumer]. It is false for a source that is none.
func (s ableSource) Resumes(ctx context.Context, since event.Cursor) (bool, error) {
	if r, ok := s.Source.(*seenSource).Source.(insight.Resumer); ok {
		return r.Resumes(ctx, since)
	}
	return false, nil
}

// nearIDs finds the IDs of runs that are another form of the wanted one: in capitals, with other signs in between, or with the same number behind another
// prefix. An ID with another number is another run, so that a mistyped digit is none of them.
type nearIDs struct {
	wanted string

	began time.Time // of the first event of the wanted ID itself
	list  []string
}

// mostNear is how many IDs are suggested.
const mostNear = 3

// see notes the run of an event.
func (n *nearIDs) see(e *event.Event) {
	id := e.Journey.ID
	switch {
	case n.wanted == "" || id == "":
	case id == n.wanted:
		if n.began.IsZero() || e.Time.Before(n.began) {
			n.began = e.Time
		}
	case len(n.list) < mostNear && sameID(id, n.wanted) && !slices.Contains(n.list, id):
		n.list = append(n.list, strings.Clone(id))
	}
}

// remedy says what to do about an ID that no run has.
func (n *nearIDs) remedy(zone *time.Location) string {
	switch {
	case !n.began.IsZero():
		return "the source has it, and its first event is of " + momentText(n.began, zone) + ": set a later --at, or check --journey and --namespace"
	case len(n.list) == 0:
		return "check the ID, and that the source has its time"
	}
	return "did you mean " + either(slices.Sorted(slices.Values(n.list)), "or") + "?"
}

// either lists texts of a source in quotes, with a word before the last one.
func either(list []string, word string) string {
	quoted := make([]string, len(list))
	for i, text := range list {
		quoted[i] = fmt.Sprintf("%.80q", text)
	}
	last := len(quoted) - 1
	if last == 0 {
		return quoted[0]
	}
	return strings.Join(quoted[:last], ", ") + " " + word + " " + quoted[last]
}

// sameID reports whether two IDs may be forms of one: their letters and digits are the same, or what comes before the number at their ends has no digit and
// the numbers are the same. It allocates nothing, because it looks at every event.
func sameID(a, b string) bool {
	if x, y := lastNumber(a), lastNumber(b); x != "" && x == y {
		return true
	}
	for {
		var x, y rune
		if x, a = nextLetter(a); x == 0 {
			y, _ = nextLetter(b)
			return y == 0
		}
		if y, b = nextLetter(b); x != y {
			return false
		}
	}
}

// lastNumber returns the number at the end of an ID, without zeros before it, and "" if the ID has none, or digits elsewhere, too.
func lastNumber(id string) string {
	at := strings.IndexAny(id, "0123456789")
	if at < 0 || strings.Trim(id[at:], "0123456789") != "" {
		return ""
	}
	return strings.TrimLeft(id[at:], "0")
}

// nextLetter returns the first letter or digit, in lower case, and what comes after it; 0 without one.
func nextLetter(text string) (letter rune, rest string) {
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r), text
		}
	}
	return 0, ""
}

// mostValues is how many values of a column are listed, where none is near.
const mostValues = 8

// doubtful says what in the question cannot have an answer, although the question is right: a period beyond the source, and values that no run has.
func (s *tableSettings) doubtful(ctx context.Context, o *openedTable, state *insight.State) (said []string, err error) {
	w := &s.which
	switch {
	case state.Runs == 0:
		return nil, nil
	case !w.From.IsZero() && w.From.After(state.Newest):
		said = append(said, fmt.Sprintf("the period begins at %s, and the latest event is of %s: nothing can be in it", momentText(w.From, o.Zone), momentText(state.Newest, o.Zone)))
	case !w.Until.IsZero() && !w.Until.After(o.seen.first):
		said = append(said, fmt.Sprintf("the period ends at %s, and the first event is of %s: nothing can be in it", momentText(w.Until, o.Zone), momentText(o.seen.first, o.Zone)))
	}
	if !s.at.IsZero() && s.at.Before(o.seen.first) {
		said = append(said, fmt.Sprintf("--at is %s, and the first event is of %s: nothing had happened by then", momentText(s.at, o.Zone), momentText(o.seen.first, o.Zone)))
	}
	if err := s.knowsJourney(ctx, o); err != nil {
		return nil, err
	}
	for i := range w.Where {
		list, err := s.strange(ctx, o, &w.Where[i])
		if err != nil {
			return nil, err
		}
		said = append(said, list...)
	}
	return said, nil
}

// knowsJourney returns an error if the command line names a journey that neither the blueprint nor the source has.
func (s *tableSettings) knowsJourney(ctx context.Context, o *openedTable) error {
	name := s.which.Journey
	if name == "" {
		return nil
	}
	names, err := s.values(ctx, o, insight.Journey)
	if err != nil || names == nil {
		return err
	}
	if o.Blueprint != nil {
		for i := range o.Blueprint.Journeys {
			names = append(names, o.Blueprint.Journeys[i].Name)
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); !slices.Contains(names, name) {
		return fmt.Errorf("--journey: there is no journey %.80q%s", name, orList(meant(name, names), names)) //nolint:err113 // no caller branches on it
	}
	return nil
}

// values returns the values that runs of the source have in a column, and nil if the source has so few customers that the view does not say.
func (s *tableSettings) values(ctx context.Context, o *openedTable, column insight.Column) (list []string, err error) {
	view := o.Table.View(insight.Everything(), time.Time{}) // what a value is does not depend on the moment
	all, err := view.Compare(ctx, insight.Which{Namespace: s.which.Namespace}, column, insight.Completes())
	if err != nil || all.Hidden {
		return nil, err
	}
	for i := range all.Groups {
		list = append(list, all.Groups[i].Value)
	}
	return list, nil
}

// strange says which values of a condition no run of the source has, and what may have been meant.
func (s *tableSettings) strange(ctx context.Context, o *openedTable, of *insight.Where) (said []string, err error) {
	values, err := s.values(ctx, o, of.Column)
	if err != nil || values == nil {
		return nil, err
	}
	for _, v := range of.Values {
		if v == "" || slices.Contains(values, v) {
			continue
		}
		hint := meant(v, values)
		known := slices.DeleteFunc(slices.Sorted(slices.Values(values)), func(v string) bool { return v == "" })
		if hint == "" && len(known) > 0 && len(known) <= mostValues {
			hint = ": the source has " + either(known, "and")
		}
		said = append(said, fmt.Sprintf("no run has the %s %.80q%s", of.Column, v, hint))
	}
	return said, nil
}
