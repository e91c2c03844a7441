package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// matterSettings are what the commands about matters have in common: runs that people move on, as follow-ups and breakdowns are.
type matterSettings struct {
	storeSettings
	archiveSettings

	action, id string

	namespace, blueprint, owner, severity, cause, note, order, to, at, tz string

	overdue, all, json bool
	wait               time.Duration

	location *time.Location
	now      time.Time // of --at, or now
}

// flags adds the flags whose texts are the same.
func (s *matterSettings) flags(flags *usage) {
	s.storeSettings.flags(flags)
	s.archiveSettings.flags(flags)
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	flags.StringVar(&s.to, "to", "", "the `STEP` to record")
	flags.StringVar(&s.note, "note", "", "a `TEXT` on the step; e-mail addresses, cards and the like are removed from it")
	flags.StringVar(&s.tz, "tz", "Local", "the `ZONE` of dates and of what is printed, such as Europe/Berlin")
	flags.DurationVar(&s.wait, "wait", 15*time.Second, "how long move waits for a service, a `TIME`; 0s does not wait")
	flags.BoolVar(&s.json, "json", false, "print JSON")
}

// parseTimes reads --tz and --at, and takes the archive of the environment. It says what is wrong with a flag.
func (s *matterSettings) parseTimes(now time.Time) (wrong string) {
	var err error
	if s.location, err = time.LoadLocation(s.tz); err != nil {
		return fmt.Sprintf("--tz: there is no time zone %.80q: use Local, UTC or a name of the IANA database, such as Europe/Berlin", s.tz)
	}
	s.now = now
	if s.at != "" {
		if s.now, err = time.Parse(time.RFC3339, s.at); err != nil {
			s.now, err = time.ParseInLocation(time.DateOnly, s.at, s.location)
		}
		if err != nil {
			return fmt.Sprintf("--at: %.80q is no time: write it as 2026-03-31 or 2026-03-31T18:00:00Z", s.at)
		}
		if s.to != "" && s.now.Sub(now) > event.MaxAhead {
			return fmt.Sprintf("--at: %.80q is yet to come: write when the step was taken, or leave it out for now", s.at)
		}
	}
	s.complete()
	return ""
}

// takeAction takes the action from the arguments, the first one if there are none. It returns the number of the action and the arguments after it, or says what is wrong.
func (s *matterSettings) takeAction(list, names []string) (at int, rest []string, wrong string) {
	if len(list) == 0 {
		list = names[:1]
	}
	if at = slices.Index(names, list[0]); at < 0 {
		return 0, nil, fmt.Sprintf("there is no action %.80q: name one of %s%s", list[0], strings.Join(names, ", "), meant(list[0], names))
	}
	s.action = list[0]
	return at, list[1:], ""
}

var (
	errMoveBlueprint = errors.New("move needs the blueprint of the services: name it by --blueprint")
	errMoveStdin     = errors.New("move reads the blueprint from a file: name it by --blueprint")
)

// named reports that move has a blueprint.
func (s *matterSettings) named() error {
	switch s.blueprint {
	case "":
		return errMoveBlueprint
	case eventlog.Stdin:
		return errMoveStdin
	default:
		return nil
	}
}

func (s *matterSettings) when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(s.location).Format("2006-01-02 15:04")
}

// writeHistory writes what the events of a matter were.
func (s *matterSettings) writeHistory(w io.Writer, events []event.Event) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tab, "\nHistory")
	for i := range events {
		if what := historyText(&events[i]); what != "" && !madeAnew(events[i:]) {
			_, _ = fmt.Fprintf(tab, "  %s\t%s\t%s\n", s.when(events[i].Time), events[i].Actor, what)
		}
	}
	return tab.Flush() //nolint:wrapcheck // the standard output's own
}

// madeAnew reports whether the first event makes a promise that is made again at the same time, with the times of a severity: the last one holds.
func madeAnew(events []event.Event) bool {
	e := &events[0]
	return e.Kind == event.PromiseMade && slices.ContainsFunc(events[1:], func(o event.Event) bool {
		return o.Kind == event.PromiseMade && o.Promise.Name == e.Promise.Name && o.Time.Sub(e.Time) < time.Millisecond
	})
}

// rawEvents returns the events as show prints them with --json.
func rawEvents(events []event.Event) []json.RawMessage {
	raw := make([]json.RawMessage, len(events))
	for i := range events {
		raw[i] = events[i].AppendJSON(nil)
	}
	return raw
}

// historyText says what an event of a follow-up was, or "" for one that says nothing new.
func historyText(e *event.Event) string {
	var words []string
	add := func(name, text string) {
		if text != "" {
			words = append(words, strings.TrimSpace(name+" "+shown(text)))
		}
	}
	switch {
	case e.Kind == event.JourneyStarted:
		return ""
	case e.Kind == event.JourneyStageEntered:
		add("", e.Stage)
	case e.Kind == event.JourneyStalled:
		add("no answer of the customer since", e.Stage)
	case e.Kind == event.JourneyEnded:
		add("ended:", strings.TrimSpace(e.Outcome.String()))
	case e.Kind.IsPromise() && e.Promise != nil:
		late := ""
		if e.Late {
			late = ", after it was broken"
		}
		add("promise", e.Promise.Name+" "+strings.TrimPrefix(string(e.Kind), "promise.")+late)
	case e.Kind == event.TouchpointEnded:
		add("contact:", strings.Join(strings.Fields(e.Touchpoint+" "+e.Channel.String()+" "+e.Outcome.String()), " "))
	default:
		add("", string(e.Kind))
	}
	add("because of", e.Cause)
	if d := e.FollowUp; d != nil && !e.Kind.IsPromise() {
		add("owner", d.Owner)
		add("severity", d.Severity)
		add("remedy", d.Remedy)
		if d.Note != "" {
			words = append(words, "note: "+shown(d.Note))
		}
	}
	if d := e.Breakdown; d != nil && !e.Kind.IsPromise() {
		add("owner", d.Owner)
		add("severity", d.Severity)
		add("plan", strings.TrimSpace(d.Action.Name+" "+d.Action.ID))
		if d.Note != "" {
			words = append(words, "note: "+shown(d.Note))
		}
	}
	if f := e.Feedback; f != nil && f.Comment != "" {
		words = append(words, "comment: "+shown(f.Comment))
	}
	return strings.Join(words, ", ")
}
