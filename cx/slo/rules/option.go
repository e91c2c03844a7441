package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Option is an option of the functions of this package.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// Matcher restricts the rules to series with a label of that value.
type Matcher struct{ Label, Value string }

type config struct {
	paces    []Pace
	scrape   time.Duration
	matchers []Matcher
	pages    string
	source   string
	// breakdowns says that there is a journey of breakdowns, and mender which team gets its alert.
	breakdowns bool
	mender     string
}

// DefaultScrape is the default of [WithScrape].
const DefaultScrape = 15 * time.Second

// WithScrape says how often Prometheus scrapes the services, from a second to 5 minutes. No alert window is shorter than four scrapes,
// because an increase needs two. Default: [DefaultScrape].
func WithScrape(interval time.Duration) Option {
	return optionFunc(func(c *config) { c.scrape = interval })
}

// WithPaces replaces the burn-rate alerts. Default: [Workbook].
func WithPaces(list ...Pace) Option {
	return optionFunc(func(c *config) { c.paces = slices.Clone(list) })
}

// WithMatcher restricts every rule to the series that have the label with that value, such as namespace and production, where one
// Prometheus scrapes several environments. Each use adds a label. The labels that the rules set or tell services apart by are refused:
// alertname, alertstate, instance, job, owner, severity, and those that begin with cx_ or __. Default: none.
func WithMatcher(label, value string) Option {
	return optionFunc(func(c *config) { c.matchers = append(c.matchers, Matcher{label, value}) })
}

// WithPages says where the pages of the journeys are. The annotation journey_page is this address and the name of the journey's file.
// Default: journeys/, a folder beside the rules.
func WithPages(address string) Option {
	return optionFunc(func(c *config) { c.pages = address })
}

// WithSource names what the objectives come from, such as the file of the blueprint. The first line of each file has it. Default: none.
func WithSource(name string) Option {
	return optionFunc(func(c *config) { c.source = name })
}

// WithBreakdowns adds _breakdowns.rules.yaml with the alert [BreakdownOverdue], for a blueprint that has breakdowns, and its tests. Owner is the
// team that gets it, and may be "". Default: no such alert.
func WithBreakdowns(owner string) Option {
	return optionFunc(func(c *config) { c.breakdowns, c.mender = true, owner })
}

// ownLabels are the labels that the rules or their tests set or tell apart.
var ownLabels = []string{"alertname", "alertstate", "instance", "job", "owner", "severity"}

// labelName matches what Prometheus accepts as the name of a label.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// configure applies the options. The faults of all of them are joined.
func configure(opts []Option) (*config, error) {
	c := &config{paces: Workbook(), scrape: DefaultScrape, pages: "journeys/"}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	var faults []error
	if c.scrape < time.Second || c.scrape > 5*time.Minute {
		faults = append(faults, fmt.Errorf("rules: the scrape interval is %s: it has to be 1s to 5m", c.scrape))
	}
	for i, m := range c.matchers {
		switch same := func(o Matcher) bool { return o.Label == m.Label }; {
		case !labelName.MatchString(m.Label) || strings.HasPrefix(m.Label, "cx_") || strings.HasPrefix(m.Label, "__"):
			faults = append(faults, fmt.Errorf("rules: the label %q of the value %q cannot be matched: name a label of the targets, such as namespace: "+
				"letters, digits and _, and not a label of Cairn's own", m.Label, m.Value))
		case slices.Contains(ownLabels, m.Label):
			faults = append(faults, fmt.Errorf("rules: the label %q of the value %q cannot be matched, because the rules set it or tell services apart by it: "+
				"name a label that tells environments apart, such as namespace", m.Label, m.Value))
		case slices.ContainsFunc(c.matchers[:i], same):
			faults = append(faults, fmt.Errorf("rules: the label %q is matched twice, with the value %q, too: give one value", m.Label, m.Value))
		}
	}
	for i, p := range c.paces {
		if err := p.fault(); err != nil {
			faults = append(faults, fmt.Errorf("rules: pace %d: %w", i+1, err))
		}
	}
	return c, errors.Join(faults...)
}

// fault says what is wrong with a pace.
func (p Pace) fault() error {
	switch {
	case p.Severity != Page && p.Severity != Ticket:
		return fmt.Errorf("the severity %q is neither page nor ticket", string(p.Severity))
	case !(p.Share > 0 && p.Share <= 1):
		return fmt.Errorf("the share of the budget is %v: it has to be more than 0 and at most 1", p.Share)
	case p.Short < time.Minute || p.Long > month || p.Long <= p.Short:
		return fmt.Errorf("the windows are %s and %s: the long one has to be longer than the short one, and both 1m to 30 days", p.Long, p.Short)
	}
	return nil
}

// shortest is the shortest alert window, in whole minutes.
func (c *config) shortest() time.Duration {
	return max((4*c.scrape + time.Minute - 1).Truncate(time.Minute), time.Minute)
}
