package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

const askArguments = `QUESTION [BLUEPRINT] SOURCE…

Answers one question about what customers live through. It says the answer in sentences, then shows the
numbers behind it. The QUESTION is one of:

%s
Each journey has its own answer. Every share has its n and the interval in which it is with 95%%
confidence. A difference that chance explains is called so, and a group of fewer than five customers is not
shown. cairn report has the answers of a period on one page.

%s
--bad says which runs are bad in goes-with and worse: not-completed, failed, cancelled or abandoned ones;
broken:PROMISE, in which that promise was broken; missed:OBJECTIVE, which missed that objective of the
blueprint; reopened ones; negative, whose customer's last answer was; failures, in which a touchpoint
failed; failed-at:TOUCHPOINT, in which that one did, of those that had it; ended-in:STAGE, which ended in
that stage without being completed, of those that came to it; or ended-for:CAUSE, which ended for that cause
without being completed. --measure says what share compare and periods are about: completed, failed, cancelled or abandoned runs;
kept:PROMISE, the promises of that name that are kept; failures, the runs in which a touchpoint failed; or
positive, neutral or negative, the answers to surveys.

The exit code is 0 when the question was answered, 1 when it cannot be, 2 when the command line is wrong, and
3 when it was answered but --allow does not permit so many faulty rows of the log.

  cairn ask promises --week 2026-W10 tickets.yaml tickets.csv
  cairn ask compare --by team,impact --measure kept:solved tickets.yaml tickets.csv
  cairn ask goes-with --bad broken:solved tickets.yaml tickets.csv
  cairn ask periods --month 2026-03 --compare previous tickets.yaml tickets.csv
`

// askSettings holds the values of the flags of ask.
type askSettings struct {
	tableSettings

	question *askQuestion
	measure  insight.Measure
	good     bool // more of what is measured is better
	bad      insight.Bad
	named    badNamed  // what is bad at, in or for
	promise  string    // of the measure, or of what is bad
	due      time.Time // promises that break by then
	top      int
	json     bool
}

// askTexts holds the texts of the flags that complete parses.
type askTexts struct {
	tableTexts

	measure, bad, due string
}

// askQuestion is a question that the command knows.
type askQuestion struct {
	name, about string
	needs       []string // the flags without which it has no answer
	takes       []string // the flags that it takes beside those and the ones of every question
	each        bool     // each journey has its own answer
	ask         func(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error)
}

// askQuestions returns the questions in the order in which help lists them.
func askQuestions() []askQuestion {
	return []askQuestion{
		{"outcomes", "how many runs there were, how they ended, how fast, and how old the open ones are", nil, nil, true, askOutcomes},
		{"reopened", "what was not over when it ended or when a promise was kept, and what that cost", nil, nil, true, askReopened},
		{"promises", "which promises are kept, broken, and about to break by --due; by team with --by team", nil, []string{"by", "due"}, false, askPromises},
		{"compare", "which groups of --by do better or worse than the others, by more than chance", []string{"by"}, []string{"measure"}, true, askCompare},
		{"periods", "whether a period differs from the one of --compare, by more than chance", []string{"compare"}, []string{"measure"}, true, askPeriods},
		{"time", "where the time of customers goes: stages, waits, rework", nil, nil, true, askTime},
		{"funnel", "how far runs come along the stages of their journey; against a period with --compare", nil, []string{"compare"}, false, askFunnel},
		{"paths", "which paths runs take, what is done again, which detours cost most, and how runs change hands", nil, nil, true, askPaths},
		{"goes-with", "what goes with bad runs (--bad), and what it would gain if those did as well as the others", nil, []string{"bad"}, true, askGoesWith},
		{"worse", "what has become worse (--bad) since the period of --compare, and for whom", []string{"compare"}, []string{"bad"}, true, askWorse},
		{"breakdowns", "what has lastingly become worse or better, since when, and what goes with it, by the charts of the last 16 weeks", nil, nil, false, askBreakdowns},
		{"voice", "what customers say, who does not answer, and what became of it", nil, nil, false, askVoice},
		{"support", "how contacts with people went, by queue and half hour, and what employees decided", nil, nil, false, askSupport},
	}
}

func askUsage() *usage { return askFlags(&askSettings{}, &askTexts{}) }

func askFlags(s *askSettings, t *askTexts) *usage {
	flags := newUsage("ask", fmt.Sprintf(askArguments, questionsText(), tableArguments))
	tableFlags(flags, &s.tableSettings, &t.tableTexts)
	compareFlag(flags, &t.tableTexts)
	flags.StringVar(&t.measure, "measure", "completed", "the `SHARE` that compare and periods are about")
	flags.StringVar(&t.bad, "bad", "not-completed", "the `RUNS` that goes-with and worse are about")
	flags.StringVar(&t.due, "due", "", "with promises, count those that break by this `TIME`; a date stands for the end of that day (default a week after the moment of the answer)")
	flags.IntVar(&s.top, "top", defaultTop, "show at most this `NUMBER` of groups in a table")
	flags.BoolVar(&s.json, "json", false, "print the answer as JSON")
	return flags
}

// defaultTop is how many rows a table has at most.
const defaultTop = 20

// questionsText lists the questions for help.
func questionsText() string {
	var b strings.Builder
	for _, q := range askQuestions() {
		b.WriteString(wrap(fmt.Sprintf("  %-12s", q.name), q.about, 100))
	}
	return b.String()
}

// ask runs the command ask.
func ask(ctx context.Context, c *env, args []string) int {
	s, t := &askSettings{}, &askTexts{}
	u := askFlags(s, t)
	list, code, done := parseMixed(c, u, args)
	if done {
		return code
	}
	if err := s.complete(t, u, list); err != nil {
		return misused(c, u, err.Error())
	}
	doubt, err := s.answer(ctx, c)
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("ask", plainly(err)))
		return exitFault
	}
	if doubt != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn ask:", doubt)
		return exitDoubt
	}
	return exitOK
}

// complete parses the arguments and the texts of the flags.
func (s *askSettings) complete(t *askTexts, flags *usage, list []string) error {
	if err := s.takeQuestion(list); err != nil {
		return err
	}
	s.files = list[1:]
	faults := s.question.check(flags)
	if s.top < 1 {
		faults = append(faults, fmt.Errorf("--top %d: write 1 or more", s.top))
	}
	faults = append(faults, s.completeTable(&t.tableTexts), s.takeMeasure(t.measure), s.takeBad(t.bad))
	if s.location != nil {
		var err error
		if _, s.due, err = parseInstant(t.due, s.location); err != nil {
			faults = append(faults, fmt.Errorf("--due %.80q: %w", t.due, err))
		}
	}
	return errors.Join(faults...)
}

// check says which flags the question lacks, and which it would ignore.
func (q *askQuestion) check(flags *usage) (faults []error) {
	needed := map[string]string{
		"compare": "set it to previous, year, or a period such as 2026-02-01..2026-02-28",
		"by":      "name the columns that have the groups, such as --by team",
	}
	for _, name := range q.needs {
		if f := flags.Lookup(name); f.Value.String() == "" {
			faults = append(faults, fmt.Errorf("%s needs --%s: %s", q.name, name, needed[name]))
		}
	}
	others := map[string][]string{} // the questions that take a flag
	for _, other := range askQuestions() {
		for _, name := range slices.Concat(other.needs, other.takes) {
			others[name] = append(others[name], other.name)
		}
	}
	flags.Visit(func(f *flag.Flag) {
		if list := others[f.Name]; len(list) > 0 && !slices.Contains(list, q.name) {
			faults = append(faults, fmt.Errorf("%s takes no --%s: leave it out, or ask %s", q.name, f.Name, strings.Join(list, " or ")))
		}
	})
	return faults
}

// takeQuestion takes the question, which is the first argument.
func (s *askSettings) takeQuestion(list []string) error {
	all := askQuestions()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	if len(list) == 0 {
		return fmt.Errorf("no question is named: name one of %s first", strings.Join(names, ", "))
	}
	at := slices.Index(names, list[0])
	if at < 0 {
		hint := meant(list[0], names)
		if hint == "" {
			hint = ": ask one of " + strings.Join(names, ", ")
		}
		return fmt.Errorf("%.80q is no question that the command knows%s", list[0], hint)
	}
	s.question = &all[at]
	return nil
}

// takeMeasure parses --measure.
func (s *askSettings) takeMeasure(text string) error {
	var o event.Outcome
	var v event.Verdict
	name, kept := strings.CutPrefix(text, "kept:")
	s.good = kept || text == "completed" || text == "positive"
	switch {
	case kept && name != "":
		s.measure, s.promise = insight.Keeps(name), name
	case text == "failures":
		s.measure = insight.Fails()
	case slices.Contains([]string{"completed", "failed", "cancelled", "abandoned"}, text) && o.UnmarshalText([]byte(text)) == nil:
		s.measure = insight.EndsAs(o)
	case text != "" && v.UnmarshalText([]byte(text)) == nil:
		s.measure = insight.Says(v)
	default:
		known := []string{"completed", "failed", "cancelled", "abandoned", "failures", "positive", "neutral", "negative"}
		return fmt.Errorf("--measure: %.80q is neither kept:PROMISE nor one of %s%s", text, strings.Join(known, ", "), meant(text, known))
	}
	return nil
}

// answer answers the question, and returns why the numbers are in doubt, if they are.
func (s *askSettings) answer(ctx context.Context, c *env) (doubt, err error) {
	o, err := openTable(ctx, c, &s.tableSettings, "ask")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if err := s.knowsNames(o.Blueprint, s.promise); err != nil {
		return nil, err
	}
	if err := s.named.known(o.Blueprint, s.which.Journey); err != nil {
		return nil, err
	}
	answers, err := s.answers(ctx, o)
	if err != nil {
		return nil, err
	}
	if s.json {
		err = writeJSON(c.stdout, askReply{Question: s.question.name, At: o.At, Answers: answers})
	} else {
		err = s.writeAnswers(c.stdout, o, answers)
	}
	return o.Doubt(), err
}

// knowsNames returns an error if the command line names a journey or a promise that the blueprint does not have.
func (s *tableSettings) knowsNames(b *blueprint.Blueprint, promise string) error {
	if b == nil {
		return nil
	}
	var journeys, promises []string
	for i := range b.Journeys {
		j := &b.Journeys[i]
		journeys = append(journeys, j.Name)
		for k := range j.Promises {
			if s.which.Journey == "" || s.which.Journey == j.Name {
				promises = append(promises, j.Promises[k].Name)
			}
		}
	}
	if name := s.which.Journey; name != "" && !slices.Contains(journeys, name) {
		return fmt.Errorf("--journey: the blueprint has no journey %.80q%s", name, orList(meant(name, journeys), journeys))
	}
	if promise != "" && !slices.Contains(promises, promise) {
		return fmt.Errorf("the blueprint has no promise %.80q%s", promise, orList(meant(promise, promises), promises))
	}
	return nil
}

// orList returns the hint or, without one, what there is.
func orList(hint string, list []string) string {
	if hint != "" || len(list) == 0 {
		return hint
	}
	return ": it has " + strings.Join(list, ", ")
}

// answers asks the question of each journey, or of all at once.
func (s *askSettings) answers(ctx context.Context, o *openedTable) ([]askAnswer, error) {
	if !s.question.each || s.which.Journey != "" {
		return s.question.ask(ctx, o, s, s.which)
	}
	journeys, err := s.journeys(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(journeys) < 2 {
		w := s.which
		if len(journeys) == 1 {
			w.Journey = journeys[0]
		}
		return s.question.ask(ctx, o, s, w)
	}
	var all []askAnswer
	for _, name := range journeys {
		w := s.which
		w.Journey = name
		list, err := s.question.ask(ctx, o, s, w)
		if err != nil {
			return nil, err
		}
		for i := range list {
			list[i].Journey = name
		}
		all = append(all, list...)
	}
	return all, nil
}

// journeys returns the journeys that have runs in the table, those of the blueprint first and in its order. For a promise, a stage
// or a touchpoint they are those that have it.
func (s *askSettings) journeys(ctx context.Context, o *openedTable) ([]string, error) {
	all, err := o.View.Compare(ctx, insight.Which{Namespace: s.which.Namespace}, insight.Journey, insight.Completes())
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range all.Groups {
		names = append(names, all.Groups[i].Value)
	}
	var first []blueprint.Journey
	if o.Blueprint != nil {
		first = o.Blueprint.Journeys
	}
	place := func(name string) int {
		if at := slices.IndexFunc(first, func(j blueprint.Journey) bool { return j.Name == name }); at >= 0 {
			return at
		}
		return len(first)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b)) })
	of := s.named
	if s.promise != "" {
		of = badNamed{"promise", s.promise}
	}
	if of.name == "" || len(first) == 0 {
		return names, nil
	}
	return slices.DeleteFunc(names, func(name string) bool {
		at := place(name)
		return at == len(first) || !of.has(o.Blueprint, &first[at])
	}), nil
}

// plainly returns the error without the names of packages that a reader of a command's message does not know.
func plainly(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "insight: "); ok {
		return errors.New(text)
	}
	return err
}
