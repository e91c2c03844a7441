package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/fleet"
)

const statusArguments = `--blueprint FILE --prometheus ADDRESS

Says how each objective of the blueprint stands over all instances of all services: the share of good
events, how much of the error budget is gone, how fast it goes, and the same in words. It asks
Prometheus for what the services have counted (cx_slo_events_total), and needs no generated rules.
The counts are whole numbers, without the estimate of increase(), and end with the last scrape.

A user and a password in ADDRESS are sent to it and never printed. Write a token into a file and name
that with --token-file.

The exit code is 0 when there is a report, also of a missed objective, 1 when there is none, and 2
when the command line is wrong.
`

// statusSettings holds the values of the flags of status.
type statusSettings struct {
	blueprint, prometheus, tokenFile string
	at, tz                           string
	timeout                          time.Duration
	matchers                         matchers
	json                             bool

	location *time.Location
	now      time.Time
}

func statusUsage() *usage { return statusFlags(&statusSettings{}) }

func statusFlags(s *statusSettings) *usage {
	flags := newUsage("status", statusArguments)
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the objectives; - is the standard input")
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	flags.StringVar(&s.prometheus, "prometheus", "", "the `ADDRESS` of Prometheus, such as http://prometheus:9090, with the prefix of its paths if it has one")
	flags.Var(&s.matchers, "match", "use only series with this `LABEL=VALUE`, such as namespace=production; may be repeated")
	flags.StringVar(&s.at, "at", "", "how they stood at this `TIME`; a date stands for its end, and a later time for now (default now)")
	flags.StringVar(&s.tz, "tz", "UTC", "time `ZONE` of --at and of the report, such as Europe/Amsterdam or Local")
	flags.StringVar(&s.tokenFile, "token-file", "", "`FILE` with a bearer token for Prometheus")
	flags.DurationVar(&s.timeout, "timeout", fleet.DefaultTimeout, "the longest `TIME` for one answer of Prometheus")
	flags.BoolVar(&s.json, "json", false, "print the report as JSON")
	return flags
}

// complete reads the texts of the flags. Its error has all faults of the command line.
func (s *statusSettings) complete(now time.Time) error {
	var faults []error
	if s.blueprint == "" {
		faults = append(faults, errors.New("no blueprint is named: --blueprint FILE"))
	}
	if s.prometheus == "" {
		faults = append(faults, errors.New("no server is named: --prometheus ADDRESS, such as --prometheus http://localhost:9090"))
	}
	var err error
	if s.location, err = time.LoadLocation(s.tz); err != nil {
		s.location = time.UTC
		faults = append(faults, fmt.Errorf("--tz: the time zone %.80q is unknown: write UTC, Local or a name such as Europe/Amsterdam", s.tz))
	}
	_, at, err := parseInstant(s.at, s.location)
	if err != nil {
		faults = append(faults, fmt.Errorf("--at %.80q: %w", s.at, err))
	}
	if s.now = now; !at.IsZero() && at.Before(now) {
		s.now = at
	}
	return errors.Join(faults...)
}

// client returns the client of Prometheus.
func (s *statusSettings) client() (*fleet.Client, error) {
	options := []fleet.Option{fleet.WithTimeout(s.timeout)}
	for _, m := range s.matchers {
		options = append(options, fleet.WithMatcher(m.Label, m.Value))
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true} // nothing is left open
	if s.tokenFile == "" {
		return fleet.New(s.prometheus, append(options, fleet.WithHTTPClient(&http.Client{Transport: transport}))...)
	}
	text, err := os.ReadFile(s.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("--token-file: %.200q has no token on one line: write the token and nothing else into it", s.tokenFile)
	}
	return fleet.New(s.prometheus, append(options, fleet.WithHTTPClient(&http.Client{Transport: bearer{transport, token}}))...)
}

// bearer adds a token to each request.
type bearer struct {
	next  http.RoundTripper
	token string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r) //nolint:wrapcheck // the contract of a RoundTripper
}

// status runs the command status.
func status(ctx context.Context, c *env, args []string) int {
	s := &statusSettings{}
	flags := statusFlags(s)
	if code, done := parse(c, flags, args); done {
		return code
	}
	if flags.NArg() > 0 {
		return misused(c, flags, fmt.Sprintf("%.80q is one argument too many: the command takes none", flags.Arg(0)))
	}
	if err := s.complete(time.Now()); err != nil {
		return misused(c, flags, err.Error())
	}
	_, b, err := load(c.stdin, s.blueprint)
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("status", err))
		return exitFault
	}
	objectives := b.AllObjectives()
	if len(objectives) == 0 {
		_, _ = fmt.Fprintf(c.stderr, "cairn status: %s: the blueprint has no objectives: add one under objectives\n", inWords(s.blueprint))
		return exitFault
	}
	client, err := s.client()
	if err != nil {
		return misused(c, flags, inFlags(err))
	}
	list, err := client.Status(ctx, objectives, s.now)
	if err == nil {
		err = s.write(c, list)
	}
	switch {
	case ctx.Err() != nil:
		_, _ = fmt.Fprintln(c.stderr, "cairn: interrupted")
		return exitFault
	case err != nil:
		_, _ = fmt.Fprintln(c.stderr, "cairn status:", inFlags(err))
		return exitFault
	}
	return exitOK
}

// optionCall matches an option of package fleet with its value, as errors write it.
var optionCall = regexp.MustCompile(`With(Timeout|Matcher)\(("[^"]*"|[^,)]*)(?:, …)?\)`)

// inFlags returns the text of an error of package fleet with the flags of the command for the options of the package.
func inFlags(err error) string {
	return strings.NewReplacer(
		"fleet: ", "",
		"with WithTimeout", "with --timeout",
		"look at the address of fleet.New", "look at --prometheus",
		"give fleet.New the address that answers itself", "give --prometheus the address that answers itself",
		"give WithHTTPClient a client whose transport authenticates", "name a token with --token-file, or write user:password@ before the host in --prometheus",
		"leave that out, and add parameters in the transport of WithHTTPClient", "leave that out",
		"allow more with WithMaxResponse, or split", "split",
	).Replace(optionCall.ReplaceAllStringFunc(err.Error(), func(call string) string {
		m := optionCall.FindStringSubmatch(call)
		return map[string]string{"Timeout": "--timeout ", "Matcher": "--match "}[m[1]] + m[2]
	}))
}

// stand is how an objective stands, in the report as JSON.
type stand struct {
	State   report.State `json:"state"`
	Target  float64      `json:"target"`
	Over    string       `json:"window"`
	Promise string       `json:"promise"`
	Words   string       `json:"words"`
	Owner   string       `json:"owner,omitempty"`
	Runbook string       `json:"runbook,omitempty"`
	slo.Status
	// These take the place of what the Status has: durations are seconds, and the parts are objectives of the report themselves.
	Burn  []pace   `json:"burn,omitempty"`
	Parts []string `json:"parts,omitempty"`
}

// pace is a burn rate, in the report as JSON.
type pace struct {
	Seconds float64 `json:"window_seconds"`
	slo.Counts
	Rate float64 `json:"rate"`
}

// standOf returns how the objective stands, for the report as JSON.
func standOf(s *slo.Status) stand {
	o := &s.Objective
	made := stand{
		State: report.StateOf(s), Target: o.Target, Over: o.Window.String(), Promise: o.Sentence(), Words: s.String(), Owner: o.Owner,
		Runbook: o.Runbook, Status: *s,
	}
	for _, b := range s.Burn {
		made.Burn = append(made.Burn, pace{b.Window.Seconds(), b.Counts, b.Rate})
	}
	for _, p := range s.Parts {
		made.Parts = append(made.Parts, p.Name)
	}
	return made
}

// write writes the report, as text or as JSON.
func (s *statusSettings) write(c *env, list []slo.Status) error {
	source := s.prometheus
	if u, err := url.Parse(s.prometheus); err == nil {
		u.User = nil // it may have a password
		source = u.String()
	}
	if !s.json {
		head := report.StatusHead{Blueprint: inWords(s.blueprint), Source: source, Now: s.now, Location: s.location}
		return report.WriteStatus(c.stdout, list, head, textWidth(c.stdout, os.Getenv("COLUMNS")))
	}
	all := make([]stand, len(list))
	for i := range list {
		all[i] = standOf(&list[i])
	}
	if err := report.JSON(c.stdout, struct {
		Title      string    `json:"title"`
		Verdict    string    `json:"verdict"`
		Blueprint  string    `json:"blueprint"`
		Prometheus string    `json:"prometheus"`
		Now        time.Time `json:"now"`
		Objectives []stand   `json:"objectives"`
	}{report.StatusTitle, report.StatusVerdict(list), inWords(s.blueprint), source, s.now.UTC(), all}, ""); err != nil {
		return fmt.Errorf("writing how the objectives stand: %w", err)
	}
	return nil
}
