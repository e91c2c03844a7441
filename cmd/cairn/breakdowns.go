package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

const breakdownsArguments = `[ACTION] [ID] --archive ARCHIVE

Shows what has lastingly become worse for customers, what it costs, and what is done about it, and moves it on.
It needs no watch that runs: cairn watch, or a service, finds breakdowns, and cairn ask breakdowns looks at the
charts alone. The ACTION is one of:

  list     the open breakdowns, the dearest first; this is what breakdowns alone does
  show ID  one breakdown: what it is about, its promises, its plan, its history, before and after
  move ID  record a step of a breakdown: --to, --blueprint, --store

The ID is that of the list, or its beginning. The ARCHIVE is the SQLite file or the postgres:// URL of
exporters/sqlarchive. The environment may give it as CAIRN_ARCHIVE. It knows what services have exported, so
that the last seconds may be missing.

move writes the step to the store of the services: sqlite:FILE, redis://…, rediss://… or postgres://….
The environment may give it as CAIRN_STORE. A service that shares the store takes the step from there,
tells it to the exporters, and calls its hooks. move waits for that, at most --wait. The blueprint has
to be that of the services, because it says which promises a step keeps. The steps are:

  confirmed  it is a breakdown
  dismissed  it is none. It is not raised again while the charts show it: --cause, which is intended, known,
             seasonal, wrongly-measured or a cause of the blueprint; without causes in it, any name
  planned    an action will mend it: --action NAME:ID, --owner TEAM
  mended     customers experience the change. The watch records it when the action is made
  verified   the change helps. The watch records it when the comparison of before and after says so

A step that does not follow from the last one in the archive is refused. One that is planned or mended may be planned again.

The exit code is 0 when it was done, 1 when it was not, 2 when the command line is wrong, and 3 when a step is
in the store and no service has taken it in time: it is not lost, and must not be recorded again.

  cairn breakdowns --archive events.db
  cairn breakdowns move 5b1c --to planned --action improvement:retry --owner payments -b blueprint.yaml
`

// breakdownMoves returns the steps of --to. Dismissed is the end of a breakdown that is none.
func breakdownMoves() []string {
	return []string{watch.Confirmed, watch.Dismissed, watch.Planned, watch.Mended, watch.Verified}
}

// breakdownsSettings holds the values of the flags of breakdowns.
type breakdownsSettings struct {
	matterSettings

	plan string
	run  event.RunRef   // of --action
	days *time.Location // the zone of the charts; nil is not known
}

// breakdownsAction is one action, and the flags that it has beside those that all have.
type breakdownsAction struct {
	name  string
	named bool // it is about one breakdown
	actionFlags
	run func(ctx context.Context, c *env, s *breakdownsSettings) (code int, err error)
}

func breakdownsActions() []breakdownsAction {
	return []breakdownsAction{
		{"list", false, actionFlags{nil, []string{"owner", "severity", "overdue", "all", "sort", "at"}}, listBreakdowns},
		{"show", true, actionFlags{nil, []string{"at"}}, showBreakdown},
		{"move", true, actionFlags{[]string{"to"}, []string{"store", "store-prefix", "store-schema", "owner", "action", "cause", "note", "at", "wait"}}, moveBreakdown},
	}
}

// breakdownsEverywhere are the flags of all actions.
var breakdownsEverywhere = []string{"archive", "archive-schema", "namespace", "blueprint", "b", "json", "tz"}

func breakdownsUsage() *usage { return breakdownsFlags(&breakdownsSettings{}) }

func breakdownsFlags(s *breakdownsSettings) *usage {
	flags := newUsage("breakdowns", breakdownsArguments)
	s.flags(flags)
	flags.StringVar(&s.namespace, "namespace", "", "the `NAMESPACE` of the services (default: list and show take all, and move takes that of the archive)")
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the breakdowns of the services; with it, list and show have what each has cost by now; without it, what it had cost at its last step, and they take the journey breakdown")
	flags.StringVar(&s.owner, "owner", "", "list only those of this `TEAM`; or the team that has it from the step on")
	flags.StringVar(&s.severity, "severity", "", "list only those of this `SEVERITY`")
	flags.BoolVar(&s.overdue, "overdue", false, "list only those with a broken promise")
	flags.BoolVar(&s.all, "all", false, "list also those that have ended, and improvements")
	flags.StringVar(&s.order, "sort", "cost", "list in the `ORDER` of cost (the dearest first), age (the oldest first) or due (the longest overdue first)")
	flags.StringVar(&s.plan, "action", "", "the action that mends it, `NAME:ID`: its name in the blueprint, and its ID")
	flags.StringVar(&s.cause, "cause", "", "why it is dismissed, a `CAUSE` such as intended")
	flags.StringVar(&s.at, "at", "", "list and show as of this `TIME`; or when the step was taken (default now); a date stands for its beginning")
	return flags
}

// breakdowns runs the command breakdowns.
func breakdowns(ctx context.Context, c *env, args []string) int {
	s := &breakdownsSettings{}
	flags := breakdownsFlags(s)
	list, code, done := parseMixed(c, flags, args)
	if done {
		return code
	}
	action, wrong := s.complete(flags, list, time.Now())
	if wrong != "" {
		return misused(c, flags, wrong)
	}
	code, err := action.run(ctx, c, s)
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("breakdowns "+s.action, plainly(err)))
	}
	return code
}

// complete returns the action, or says what is wrong with the command line.
func (s *breakdownsSettings) complete(flags *usage, list []string, now time.Time) (action breakdownsAction, wrong string) {
	all := breakdownsActions()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	at, list, wrong := s.takeAction(list, names)
	if wrong != "" {
		return action, wrong
	}
	action = all[at]
	switch {
	case !action.named && len(list) > 0:
		return action, fmt.Sprintf("%.80q is one argument too many: list takes flags only", list[0])
	case action.named && len(list) != 1:
		return action, s.action + " is about one breakdown: give its ID, which cairn breakdowns lists"
	case action.named:
		s.id = list[0]
	}
	if wrong = action.check(s.action, breakdownsEverywhere, flags); wrong != "" {
		return action, wrong
	}
	return action, s.parse(now)
}

// parse reads the values of the flags. It says what is wrong with one.
func (s *breakdownsSettings) parse(now time.Time) (wrong string) {
	if wrong = s.parseTimes(now); wrong != "" {
		return wrong
	}
	orders := []string{"cost", "age", "due"}
	switch {
	case !slices.Contains(orders, s.order):
		return fmt.Sprintf("--sort: there is no order %.80q: use %s%s", s.order, strings.Join(orders, ", "), meant(s.order, orders))
	case s.action != "list" && !event.ValidID(s.id):
		return fmt.Sprintf("the ID is not 1 to %d bytes of UTF-8 without control characters", event.MaxID)
	default:
		return s.parseStep()
	}
}

// parseStep says what is wrong with the step of move.
func (s *breakdownsSettings) parseStep() (wrong string) {
	if s.action != "move" {
		return ""
	}
	if !slices.Contains(breakdownMoves(), s.to) {
		return fmt.Sprintf("--to: there is no step %.80q: use %s%s", s.to, strings.Join(breakdownMoves(), ", "), meant(s.to, breakdownMoves()))
	}
	for _, x := range [...]struct{ step, flag, value, such string }{
		{watch.Dismissed, "cause", s.cause, "--cause intended"}, {watch.Planned, "action", s.plan, "--action improvement:42"}, {watch.Planned, "owner", s.owner, "--owner payments"},
	} {
		switch {
		case x.step == s.to && x.value == "":
			return fmt.Sprintf("--to %s needs --%s, such as %s", s.to, x.flag, x.such)
		case x.step != s.to && x.value != "" && x.flag != "owner":
			return fmt.Sprintf("--%s is for --to %s: leave it out", x.flag, x.step)
		}
	}
	if s.plan != "" {
		var ok bool
		if s.run.Name, s.run.ID, ok = strings.Cut(s.plan, ":"); !ok || !event.ValidName(s.run.Name) || !event.ValidID(s.run.ID) {
			return fmt.Sprintf("--action: %.80q is not NAME:ID, such as improvement:42", s.plan)
		}
	}
	for _, x := range [...]struct{ flag, value string }{{"owner", s.owner}, {"cause", s.cause}} {
		if x.value != "" && !event.ValidName(x.value) {
			return fmt.Sprintf("--%s: %.80q is no name: write 1 to %d bytes, such as payments", x.flag, x.value, event.MaxName)
		}
	}
	return ""
}

// load returns the blueprint of the command line, and one with breakdowns of the usual name without it.
func (s *breakdownsSettings) load() (*blueprint.Blueprint, error) {
	if s.blueprint == "" {
		return &blueprint.Blueprint{Version: blueprint.Version, Breakdowns: &blueprint.Breakdowns{}}, nil
	}
	b, err := yaml.Load(s.blueprint)
	if err != nil {
		return nil, err
	}
	if b.Breakdowns == nil {
		return nil, fmt.Errorf("%s: %w", s.blueprint, errNoBreakdowns)
	}
	return b, nil
}

var errNoBreakdowns = errors.New("the blueprint has no breakdowns: add the section breakdowns, such as breakdowns: {confirm: 1d, plan: 7d, mend: 30d}")

// onlyRunsOf is an archive of which a table takes the runs of one journey.
type onlyRunsOf struct {
	*sqlarchive.Reader

	journey string
}

// Scan implements [insight.Source].
func (o onlyRunsOf) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	return o.Reader.Scan(ctx, s, func(e *event.Event) error {
		if e.Journey.Name != o.journey {
			return nil
		}
		return each(e)
	})
}

// read returns the breakdowns of the archive as they are at the moment, the same as the console has. With a blueprint, list and show read the whole archive, and what
// each breakdown has cost is that of the moment; otherwise it is that of its last step.
func (s *breakdownsSettings) read(ctx context.Context, r *sqlarchive.Reader) ([]insight.Breakdown, error) {
	b, err := s.load()
	if err != nil {
		return nil, err
	}
	table, err := insight.New(b)
	if err != nil {
		return nil, err
	}
	costs := s.blueprint != "" && s.action != "move"
	var source insight.Source = onlyRunsOf{r, b.BreakdownsName()}
	if costs {
		source = r
	}
	if err := table.Load(ctx, source); err != nil {
		return nil, err
	}
	view := table.View(insight.Everything(), s.now)
	answer, err := view.Breakdowns(ctx, insight.Which{Namespace: s.namespace})
	if err == nil && costs && len(answer.List) > 0 {
		err = s.spend(ctx, view, answer.List)
	}
	return answer.List, err
}

// spend sets what the breakdowns have cost so far, and the zone of the charts.
func (s *breakdownsSettings) spend(ctx context.Context, view *insight.View, list []insight.Breakdown) error {
	daily, err := view.Daily(ctx, insight.Which{}, insight.DailySettings{Days: breakdown.DaysOf(s.now, list)})
	if err != nil {
		return err
	}
	s.days = daily.First.Location()
	found := make([]breakdown.Found, len(list))
	for i := range list {
		var chart *breakdown.Trend
		if trend, ok := breakdown.TrendOf(&daily, breakdown.OpenOf(&list[i], s.days)); ok {
			chart = &trend
		}
		found[i] = breakdown.Lasted(&list[i], chart, daily.Day(daily.Days-1))
	}
	spent, err := breakdown.Costs(list, found, func(f *breakdown.Found) (float64, []event.Money, error) { return breakdown.Cost(ctx, view, f) })
	for i := range spent {
		d, is := &list[i].Details, &spent[i]
		d.Excess, d.Customers, d.Value = is.Events, int(math.Round(is.Customers)), nil
		if len(is.Value) == 1 { // a value in several currencies is not known
			d.Value = &is.Value[0]
		}
	}
	return err
}

// one returns the breakdown whose ID the command line names.
func (s *breakdownsSettings) one(ctx context.Context, r *sqlarchive.Reader) (*insight.Breakdown, error) {
	all, err := s.read(ctx, r)
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(slices.Clone(all), func(b insight.Breakdown) bool { return !strings.HasPrefix(b.Run.ID, s.id) })
	if exact := slices.IndexFunc(found, func(b insight.Breakdown) bool { return b.Run.ID == s.id }); exact >= 0 {
		same := slices.DeleteFunc(slices.Clone(found), func(b insight.Breakdown) bool { return b.Run.ID != s.id })
		found = same
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("the archive has no breakdown with the ID %.80q: cairn breakdowns --all lists them", s.id)
	case 1:
		return &found[0], nil
	default:
		return nil, fmt.Errorf("the ID %.80q is the beginning of %d breakdowns: write more of it, or name one of their namespaces by --namespace", s.id, len(found))
	}
}
