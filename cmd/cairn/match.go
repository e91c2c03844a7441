package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cmd/cairn/internal/otlpspans"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/spanrule"
)

const matchArguments = `-b BLUEPRINT SPANS…

Says what the rules of the blueprint (match: of its touchpoints) would make of spans, before a service
applies them. SPANS are files of OTLP JSON, as the file exporter of an OpenTelemetry Collector writes
them; - is the standard input. The answer has the spans, runs and outcomes of each rule, the spans that
match no rule, and the rules that no span matches.

A file of spans does not have the baggage of requests, and may have the sampled traces only: a service
with spanmatch.RecordAll counts the others, too.

The exit code is 0 when there is an answer, 1 when the blueprint or the spans cannot be read, and 2 when
the command line is wrong.
`

// matchSettings holds the values of the flags of match.
type matchSettings struct {
	blueprint    string
	files        []string
	json, events bool
}

func matchUsage() *usage { return matchFlags(&matchSettings{}) }

func matchFlags(s *matchSettings) *usage {
	flags := newUsage("match", matchArguments)
	flags.StringVar(&s.blueprint, "blueprint", "", "`FILE` with the rules")
	flags.StringVar(&s.blueprint, "b", "", "the same `FILE`")
	flags.BoolVar(&s.events, "events", false, "print the events that the spans become, as JSON lines, without IDs of customers")
	flags.BoolVar(&s.json, "json", false, "print the answer as JSON")
	return flags
}

// match runs the command match.
func match(ctx context.Context, c *env, args []string) int {
	s := &matchSettings{}
	u := matchFlags(s)
	var code int
	var done bool
	if s.files, code, done = parseMixed(c, u, args); done {
		return code
	}
	if fault := s.fault(); fault != "" {
		return misused(c, u, fault)
	}
	_, bp, err := load(c.stdin, s.blueprint)
	if err != nil {
		_, _ = fmt.Fprintln(c.stderr, blueprintFault("match", err))
		return exitFault
	}
	if err := s.answer(ctx, c, bp); err != nil {
		_, _ = fmt.Fprintln(c.stderr, "cairn match:", err)
		return exitFault
	}
	return exitOK
}

// fault says what is wrong with the command line, or nothing.
func (s *matchSettings) fault() string {
	switch stdin := slices.Contains(s.files, "-"); {
	case s.blueprint == "":
		return "no blueprint is named: set -b FILE"
	case len(s.files) == 0:
		return "no spans are named: name a file of OTLP JSON, or - for the standard input"
	case s.json && s.events:
		return "--json and --events are two answers: set one of them"
	case stdin && s.blueprint == "-":
		return "the blueprint and the spans are both from the standard input: name a file for one of them"
	default:
		return ""
	}
}

// answer reads the spans and writes what becomes of them.
func (s *matchSettings) answer(ctx context.Context, c *env, bp *blueprint.Blueprint) error {
	set, err := spanrule.Compile(bp.SpanRules()...)
	if err != nil {
		return err
	}
	if set.Len() == 0 {
		return errors.New("no touchpoint of the blueprint has match: write how its spans look, such as match: {span: POST /pay}")
	}
	out := bufio.NewWriter(c.stdout)
	t := newMatched(bp, set)
	if s.events {
		t.write = func(e *event.Event) { _, _ = out.Write(append(e.AppendJSON(nil), '\n')) }
	}
	for _, file := range s.files {
		if err := t.readFile(ctx, c.stdin, file); err != nil {
			return errors.Join(err, out.Flush())
		}
	}
	switch {
	case s.events:
	case s.json:
		if err := report.JSON(out, t.json(), ""); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	default:
		_, _ = io.WriteString(out, legibly(t.text()))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// maxKinds bounds the kinds of spans without a rule that are kept apart.
const maxKinds = 10_000

// matched is what becomes of spans.
type matched struct {
	bp        *blueprint.Blueprint
	set       *spanrule.Set
	rules     []ruleCount
	unmatched map[spanKind]int
	more      int // spans without a rule, of further kinds
	spans     int
	described int // by Cairn
	write     func(*event.Event)
}

// ruleCount is what becomes of the spans of one rule.
type ruleCount struct {
	place    string // in the blueprint
	rule     spanrule.Rule
	spans    int
	unplaced int // without the ID of the run
	already  int // further spans that Cairn has described: they are touchpoints already
	refused  int // with an ID of the run that clients refuse
	noID     int // without the IDs that the event's ID is made of
	runs     map[string]struct{}
	outcomes [event.Abandoned + 1]int
}

// spanKind is a kind of spans: those of one name.
type spanKind struct {
	name string
	kind trace.SpanKind
}

func newMatched(bp *blueprint.Blueprint, set *spanrule.Set) *matched {
	t := &matched{bp: bp, set: set, unmatched: map[spanKind]int{}, write: func(*event.Event) {}}
	for i := range bp.Touchpoints {
		for k := range bp.Touchpoints[i].Match {
			t.rules = append(t.rules, ruleCount{
				place: fmt.Sprintf("touchpoints[%d].match[%d]", i, k), rule: set.Rule(len(t.rules)), runs: map[string]struct{}{},
			})
		}
	}
	return t
}

func (t *matched) readFile(ctx context.Context, stdin io.Reader, file string) error {
	in, name := stdin, stdinName
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // the user names it
		if err != nil {
			return fmt.Errorf("the spans: %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		in, name = f, file
	}
	err := otlpspans.Read(in, func(sp *spanrule.Span) error {
		t.add(sp)
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// add counts a span, and writes its events.
func (t *matched) add(sp *spanrule.Span) {
	t.spans++
	i, ok := t.set.Match(sp)
	if !ok {
		t.unmatch(sp)
		return
	}
	r := &t.rules[i]
	r.spans++
	e, placed := t.set.Event(i, sp)
	r.outcomes[e.Outcome]++
	if !placed {
		r.unplaced++
	}
	if e.ID.IsZero() {
		r.noID++
	}
	switch id := e.Journey.ID; {
	case e.Journey.IsZero():
	case !event.ValidID(id): // a client records it outside of a journey
		r.refused++
		e.Journey = event.Run{}
	default:
		r.runs[id] = struct{}{}
	}
	if start, ok := t.set.Start(i, &e); ok {
		t.write(&start)
	}
	t.write(&e)
}

func (t *matched) unmatch(sp *spanrule.Span) {
	if spanrule.Described(sp) {
		t.described++
		t.again(sp)
		return
	}
	k := spanKind{sp.Name, sp.Kind}
	if _, known := t.unmatched[k]; !known && len(t.unmatched) >= maxKinds {
		t.more++
		return
	}
	t.unmatched[k]++
}

// again counts a span that Cairn has described for the rule that it would match otherwise: the service that made it may apply these rules.
func (t *matched) again(sp *spanrule.Span) {
	plain := *sp
	plain.Attributes = slices.DeleteFunc(slices.Clone(sp.Attributes), func(kv attribute.KeyValue) bool { return strings.HasPrefix(string(kv.Key), "cx.") })
	if i, ok := t.set.Match(&plain); ok {
		t.rules[i].already++
	}
}
