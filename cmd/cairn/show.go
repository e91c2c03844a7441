package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

const showArguments = `ID [BLUEPRINT] SOURCE…

Tells the story of a run in words, in the order of time, so that you can read it to the customer: what
happened on which channel, how it ended and why, how long the customer waited, what was promised and whether it
was kept, and what the customer said. The ID is that of the run, such as an order or a ticket number. If
several journeys have a run of that number, it tells all of them; --journey picks one.

%s
Employees are not named. --json prints whole events.

The exit code is 0 when the story was told, 1 when there is no such run, 2 when the command line is wrong, and
3 when it was told but --allow does not permit so many faulty rows of the log.

  cairn show 4711 tickets.yaml tickets.csv
`

// storySettings are those of a command that tells a story.
type storySettings struct {
	tableSettings

	id   string
	json bool
}

// storyFlags adds the flags of a source, and those of a story.
func storyFlags(flags *usage, s *storySettings, t *tableTexts) {
	sourceFlags(flags, &s.sourceSettings, &t.replayTexts)
	flags.Lookup("tz").Usage = "time `ZONE` of the story, and of times without an offset, such as Europe/Amsterdam or Local (default the one of the blueprint's log, else UTC)"
	flags.StringVar(&t.moment, "at", "", "tell what had happened by this `TIME`; a date stands for the end of that day (default everything)")
	flags.BoolVar(&s.json, "json", false, "print JSON, with whole events")
}

func showUsage() *usage { return showFlags(&storySettings{}, &tableTexts{}) }

func showFlags(s *storySettings, t *tableTexts) *usage {
	flags := newUsage("show", fmt.Sprintf(showArguments, sourceArguments))
	storyFlags(flags, s, t)
	flags.StringVar(&s.which.Journey, "journey", "", "the run of the journey with this `NAME`")
	flags.StringVar(&s.which.Namespace, "namespace", "", "the run of this `NAMESPACE`, such as production")
	return flags
}

// errNoID is the fault of a command line without an ID.
var errNoID = errors.New("no ID is named: name that of the run first, such as a ticket or an order number")

// show runs the command show.
func show(ctx context.Context, c *env, args []string) int {
	s, t := &storySettings{}, &tableTexts{}
	u := showFlags(s, t)
	list, code, done := parseMixed(c, u, args)
	if done {
		return code
	}
	err := errNoID
	if len(list) > 0 {
		s.id, s.wanted, s.files = list[0], list[0], list[1:]
		err = s.completeTable(t)
	}
	if err != nil {
		return misused(c, u, err.Error())
	}
	return concluded(c, "show", func() (doubt, err error) { return s.tell(ctx, c) })
}

func (s *storySettings) tell(ctx context.Context, c *env) (doubt, err error) {
	o, err := openTable(ctx, c, &s.tableSettings, "show")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	found, err := o.View.Find(ctx, event.RunRef{Namespace: s.which.Namespace, Name: s.which.Journey, ID: s.id})
	if err != nil {
		return nil, notFound(err, o.seen.near.remedy(o.Zone))
	}
	stories := make([]insight.Run, len(found))
	for i, ref := range found {
		if stories[i], err = o.View.Run(ctx, ref); err != nil {
			return nil, err
		}
	}
	if s.json {
		return o.Doubt(), writeJSON(c.stdout, struct {
			Runs []insight.Run `json:"runs"`
		}{stories})
	}
	p := storyPage{width: textWidth(c.stdout, ""), zone: o.Zone}
	for i := range stories {
		p.heading(stories[i].Run.Name+" "+stories[i].Run.ID, stories[i].At)
		p.say(stories[i].Sentence(o.Zone))
		for n := range stories[i].FollowUps {
			p.say("Follow-up: " + stories[i].FollowUps[n].Sentence(o.Zone))
		}
		p.steps(stories[i].Steps, len(stories[i].FollowUps) > 0)
	}
	return o.Doubt(), p.write(c.stdout)
}

// notFound adds what to do to an error that says that there is none.
func notFound(err error, remedy string) error {
	if errors.Is(err, insight.ErrNotFound) {
		return fmt.Errorf("%s: %s", strings.TrimPrefix(err.Error(), insight.ErrNotFound.Error()+": "), remedy) //nolint:err113 // no caller branches on it
	}
	return err
}

// storyPage is a story for people.
type storyPage struct {
	text  strings.Builder
	width int
	zone  *time.Location
}

// heading writes of what the story is, and the zone of its times.
func (p *storyPage) heading(title string, at time.Time) {
	if p.text.Len() > 0 {
		p.text.WriteByte('\n')
	}
	p.line(shown(title))
	p.line(strings.Repeat("─", len([]rune(shown(title)))))
	p.line("As of " + clockText(at, p.zone) + ". Times are in " + p.zone.String() + ".")
}

func (p *storyPage) line(text string) { p.text.WriteString(text + "\n") }

// say writes sentences.
func (p *storyPage) say(text string) {
	p.text.WriteString(wrap("", shown(cut(text, longestStep)), p.width))
}

// longestStep bounds a sentence in bytes: it has room for the longest comment of a customer. Only what no client records is longer, and --json has it.
const longestStep = event.MaxText + event.MaxLine

// steps writes what happened, each with its time and, if they are of several runs, with its run.
func (p *storyPage) steps(list []insight.Step, several bool) {
	p.text.WriteByte('\n')
	for i := range list {
		e := &list[i].Event
		said := shown(cut(list[i].Sentence(p.zone), longestStep))
		if several && !e.Journey.IsZero() {
			said = shown(e.Journey.Name+" "+e.Journey.ID) + ": " + said
		}
		p.text.WriteString(wrap("  "+clockText(e.Time, p.zone)+"  ", said, p.width))
	}
}

func (p *storyPage) write(w io.Writer) error {
	_, err := io.WriteString(w, legibly(p.text.String()))
	return err //nolint:wrapcheck // of the standard output
}
