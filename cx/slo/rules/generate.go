package rules

import (
	"errors"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// MinPrometheus is the lowest version of Prometheus that the rules are made for, and tested on.
const MinPrometheus = "2.42.0"

// File is a generated file. Its name has slashes and is relative to the folder that it goes into.
type File struct {
	Name string
	Data []byte
}

// Prometheus returns the rules for the objectives and promtool's unit tests of them: for each objective NAME.rules.yaml with its recording
// rules and alerts, and _sdk.rules.yaml with the alerts about the SDK itself and about contacts against the contact policy. [WithBreakdowns] adds _breakdowns.rules.yaml. The names of
// the tests end with .test.yaml. They name the rules beside them, so all files belong into one folder.
//
// The result is the same for the same objectives, in any order of the options. The errors of all objectives are joined: those of
// [slo.Validate], and those of [Burns].
func Prometheus(objectives []slo.Objective, opts ...Option) ([]File, error) {
	c, err := configure(opts)
	if err != nil {
		return nil, err
	}
	sets, err := c.sets(objectives)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, s := range sets {
		files = append(files, s.write()...)
	}
	return files, nil
}

// set is the rules of one file, with their tests.
type set struct {
	name  string // of the file, without what follows the first point
	rules file
	tests []testFile
}

// sets returns the rules of the objectives, and those that belong to none.
func (c *config) sets(objectives []slo.Objective) ([]set, error) {
	if err := slo.Validate(objectives); err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	byName := map[string]*slo.Objective{}
	files := map[string]string{}
	var faults []error
	for i := range objectives {
		o := &objectives[i]
		byName[o.Name] = o
		if other, taken := files[strings.ToLower(text.FileName(o.Name))]; taken && other != o.Name {
			faults = append(faults, fmt.Errorf("rules: the objectives %q and %q need files of the same name: name them apart by more than case", other, o.Name))
		}
		files[strings.ToLower(text.FileName(o.Name))] = o.Name
	}
	var list []set
	for i := range objectives {
		s, err := c.set(&objectives[i], byName)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		list = append(list, s)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if c.breakdowns {
		list = append(list, c.breakdownSet())
	}
	return append(list, c.sdkSet()), nil
}

func (c *config) set(o *slo.Objective, byName map[string]*slo.Objective) (set, error) {
	s := set{name: text.FileName(o.Name)}
	if len(o.Of) > 0 {
		s.rules.comments = c.header(o, nil)
		s.rules.groups = []group{c.compositeGroup(o, byName)}
		s.tests = c.compositeTests(o, byName)
		return s, nil
	}
	burns, err := c.burns(*o)
	if err != nil {
		return set{}, err
	}
	s.rules = file{comments: c.header(o, burns), groups: []group{c.objectiveGroup(o, burns)}}
	s.tests = c.objectiveTests(o, burns)
	if len(o.By) > 0 {
		s.rules.groups = append(s.rules.groups, c.splitGroup(o))
		s.tests = append(s.tests, c.splitTests(o, burns)...)
	}
	return s, nil
}

func (c *config) sdkSet() set {
	return set{
		name: sdkName, tests: c.sdkTests(),
		rules: file{comments: c.head("The alerts about the SDK itself, and about contacts against the contact policy."), groups: []group{c.sdkGroup()}},
	}
}

// breakdownSet has the rules for breakdowns.
func (c *config) breakdownSet() set {
	return set{
		name: breakdownName, tests: c.breakdownTests(),
		rules: file{comments: c.head("The alert about breakdowns whose promises are broken."), groups: []group{c.breakdownGroup()}},
	}
}

// breakdownName is the file's name, which no objective has.
const breakdownName = "_breakdowns"

// sdkName is the file's name, which no objective has: theirs do not begin with "_".
const sdkName = "_sdk"

// head are the first lines of a file.
func (c *config) head(what string) []string {
	from := ""
	if c.source != "" {
		from = " from " + c.source
	}
	return []string{
		"Made by cairn generate" + from + ". Do not edit: change the blueprint and generate again.",
		what,
		"For Prometheus " + MinPrometheus + " and later, with a scrape interval of at most " + span(c.scrape) + ".",
	}
}

// header are the first lines of an objective's file.
func (c *config) header(o *slo.Objective, burns []Burn) []string {
	list := c.head(fmt.Sprintf("The objective %s: %s of the %s good over %s.", o.Name, percent(exact(o.Target)), subject(o), promisedWindow(o)))
	list = append(list, fmt.Sprintf("Prometheus has to keep its data for longer than %s (--storage.tsdb.retention.time).", inDays(days(o.Window)+1)))
	for i := range burns {
		if b := &burns[i]; b.Shortened {
			list = append(list, fmt.Sprintf("At %s no burn rate is higher than %s, so the alert of %s fires at %s, which is 0.8 of it: %s of the budget.",
				percent(exact(o.Target)), rounded(div(one(), budgetOf(o)), 4), span(b.Long), rounded(b.factor, 4), shortPercent(b.share)))
		}
	}
	if o.Window.Period == 0 || len(o.Of) > 0 {
		return list
	}
	list = append(list, fmt.Sprintf("The window is a period of the calendar. The burn-rate alerts are scaled to, and read, rolling windows as for %s.",
		inDays(days(o.Window))))
	if periods(o.Window) == nil {
		return append(list, fmt.Sprintf("The clocks of %s change, which PromQL cannot know. The counts and the budget are therefore those of the last %s, not those of the period.",
			o.Window.Zone, inDays(days(o.Window))), "The status of the objective in Cairn has the exact period.")
	}
	return append(list, "The counts and the budget are those of the period in its zone, in whole hours.")
}

// promisedWindow names the window as the blueprint has it.
func promisedWindow(o *slo.Objective) string {
	zone := o.Window.Zone
	if zone == "" {
		zone = "UTC"
	}
	switch o.Window.Period {
	case slo.CalendarWeek:
		return "a calendar week in " + zone
	case slo.CalendarMonth:
		return "a calendar month in " + zone
	case slo.CalendarQuarter:
		return "a calendar quarter in " + zone
	default:
		return inDays(o.Window.Days)
	}
}

// write returns the files of the set.
func (s *set) write() []File {
	w := new(writer)
	w.file(s.rules)
	files := make([]File, 0, 1+len(s.tests))
	files = append(files, File{s.name + ".rules.yaml", w.bytes()})
	for i := range s.tests {
		w := new(writer)
		w.comments(s.rules.comments[:1])
		w.tests(&s.tests[i], s.name+".rules.yaml")
		files = append(files, File{s.name + "." + s.tests[i].name + ".test.yaml", w.bytes()})
	}
	return files
}
