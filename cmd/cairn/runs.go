package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

const runsArguments = `[BLUEPRINT] SOURCE…

Lists single runs: those that began last, those that broke a promise, or those in which one is about to
break. cairn show ID tells the story of one.

%s
The exit code is 0 when the runs were listed, 1 when they cannot be, 2 when the command line is wrong, and 3
when they were listed but --allow does not permit so many faulty rows of the log.

  cairn runs --broke solved --top 20 tickets.yaml tickets.csv
  cairn runs --breaking solved --where team=north tickets.yaml tickets.csv
  cairn runs --month 2026-03 --where outcome=failed --sort value tickets.yaml tickets.csv
`

// runsSettings holds the values of the flags of runs.
type runsSettings struct {
	tableSettings

	of   insight.RunsOf
	top  int
	json bool
}

// runsTexts holds the texts of the flags that complete parses.
type runsTexts struct {
	tableTexts

	order string
}

// runOrders are the values of --sort.
var runOrders = map[string]insight.RunOrder{"latest": insight.Latest, "longest": insight.Longest, "value": insight.Dearest}

func runsUsage() *usage { return runsFlags(&runsSettings{}, &runsTexts{}) }

func runsFlags(s *runsSettings, t *runsTexts) *usage {
	flags := newUsage("runs", fmt.Sprintf(runsArguments, tableArguments))
	tableFlags(flags, &s.tableSettings, &t.tableTexts)
	flags.StringVar(&s.of.Broke, "broke", "", "the runs that broke the `PROMISE`, or in which it is open after its due time, the longest overdue first")
	flags.StringVar(&s.of.Breaking, "breaking", "", "the runs in which the `PROMISE` is open and due later, the next due first")
	flags.StringVar(&t.order, "sort", "", "the `ORDER`: latest (began last, the default without --broke and --breaking), longest, or value")
	flags.IntVar(&s.top, "top", defaultTop, "list at most this `NUMBER` of runs")
	flags.BoolVar(&s.json, "json", false, "print the list as JSON")
	return flags
}

// runs runs the command runs.
func runs(ctx context.Context, c *env, args []string) int {
	s, t := &runsSettings{}, &runsTexts{}
	u := runsFlags(s, t)
	var code int
	var done bool
	if s.files, code, done = parseMixed(c, u, args); done {
		return code
	}
	if err := s.complete(t); err != nil {
		return misused(c, u, err.Error())
	}
	return concluded(c, "runs", func() (doubt, err error) { return s.list(ctx, c) })
}

// concluded runs the work of a command, reports what went wrong or why its answer is in doubt, and returns the exit code.
func concluded(c *env, command string, work func() (doubt, err error)) int {
	doubt, err := work()
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(c.stderr, blueprintFault(command, plainly(err)))
		return exitFault
	case doubt != nil:
		_, _ = fmt.Fprintf(c.stderr, "cairn %s: %v\n", command, doubt)
		return exitDoubt
	default:
		return exitOK
	}
}

func (s *runsSettings) complete(t *runsTexts) error {
	var faults []error
	if t.order != "" {
		order, ok := runOrders[t.order]
		if s.of.Order = order; !ok {
			names := []string{"latest", "longest", "value"}
			faults = append(faults, fmt.Errorf("--sort: %.80q is none of %s%s", t.order, strings.Join(names, ", "), meant(t.order, names)))
		}
	}
	if s.of.Broke != "" && s.of.Breaking != "" {
		faults = append(faults, errors.New("--broke and --breaking are both set: ask for one of them"))
	}
	if s.top < 1 || s.top > insight.MaxRuns {
		faults = append(faults, fmt.Errorf("--top %d: write 1 to %d", s.top, insight.MaxRuns))
	}
	return errors.Join(append(faults, s.completeTable(&t.tableTexts))...)
}

func (s *runsSettings) list(ctx context.Context, c *env) (doubt, err error) {
	o, err := openTable(ctx, c, &s.tableSettings, "runs")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	list, err := o.View.Runs(ctx, s.which, s.of, s.top)
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what is wrong
	}
	if s.json {
		return o.Doubt(), writeJSON(c.stdout, list)
	}
	var b strings.Builder
	b.WriteString(wrap("", list.Sentence(), textWidth(c.stdout, "")))
	if table := runsTable(o, &list); len(list.List) > 0 {
		b.WriteString("\n" + table.text(len(list.List)))
	}
	_, err = fmt.Fprint(c.stdout, legibly(b.String()))
	return o.Doubt(), err
}

// runsTable returns the list as a table, without the columns that no run has.
func runsTable(o *openedTable, list *insight.RunList) askTable {
	type column struct {
		head string
		cell func(r *insight.ListedRun) string
	}
	columns := []column{
		{"ID", func(r *insight.ListedRun) string { return r.Run.ID }},
		{"JOURNEY", func(r *insight.ListedRun) string { return r.Run.Name }},
		{"BEGAN", func(r *insight.ListedRun) string { return clockText(r.Began, o.Zone) }},
		{"STATE", func(r *insight.ListedRun) string { return r.State }},
		{"TOOK", func(r *insight.ListedRun) string { return number.Duration(r.Took) }},
		{"DUE", func(r *insight.ListedRun) string {
			if r.Due.IsZero() {
				return ""
			}
			return clockText(r.Due, o.Zone)
		}},
		{"OVERDUE", func(r *insight.ListedRun) string {
			if r.Overdue == 0 {
				return ""
			}
			return number.Duration(r.Overdue)
		}},
		{"STAGE", func(r *insight.ListedRun) string { return r.Stage }},
		{"TEAM", func(r *insight.ListedRun) string { return r.Team }},
		{"QUEUE", func(r *insight.ListedRun) string { return r.Queue }},
		{"CAUSE", func(r *insight.ListedRun) string { return r.Cause }},
		{"VALUE", func(r *insight.ListedRun) string {
			if r.Value == nil {
				return ""
			}
			return text.Money(r.Value.Amount, r.Value.Currency)
		}},
	}
	columns = slices.DeleteFunc(columns, func(k column) bool {
		return !slices.ContainsFunc(list.List, func(r insight.ListedRun) bool { return k.cell(&r) != "" })
	})
	var t askTable
	for _, k := range columns {
		t.head = append(t.head, k.head)
	}
	for i := range list.List {
		var cells []string
		for _, k := range columns {
			cell := k.cell(&list.List[i])
			if cell == "" {
				cell = number.None
			}
			cells = append(cells, cell)
		}
		t.add(cells...)
	}
	return t
}
